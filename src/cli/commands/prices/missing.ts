import type { Command } from 'commander';
import { readMissingPrices } from '../../../report/prices/read-prices';
import type { CliContext } from '../../context';
import { workOnDatabase } from '../../database-work';
import { withExamples } from '../../example';
import { numeric } from '../../output/table';

/** Days listed; the rest are counted. */
const MAX_DAYS = 50;

/** `kpool prices missing`: days with income but no price. */
export function registerMissingPrices(prices: Command, context: CliContext): void {
  const command = prices
    .command('missing')
    .description('List days with income but no price; exits with 1 if there are any')
    .action(async () => {
      const missing = await workOnDatabase(context, 'prices', readMissingPrices);
      context.output.result(
        missing.map((row) => ({ ...row })),
        () => {
          if (missing.length === 0) return 'All income has a price.';
          const table = context.output.table(
            ['coin', 'day', numeric('items'), numeric('amount')],
            missing
              .slice(0, MAX_DAYS)
              .map(({ currency, day, items, amount }) => [currency, day, String(items), amount]),
          );
          return missing.length > MAX_DAYS ? `${table}\n… and ${missing.length - MAX_DAYS} more.` : table;
        },
      );
      if (missing.length > 0) context.exitWith(1);
    });
  withExamples(command, 'kpool prices missing', 'kpool prices missing --json');
}
