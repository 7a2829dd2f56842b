import type { Command } from 'commander';
import { readPriceSpans } from '../../../report/prices/read-prices';
import type { CliContext } from '../../context';
import { workOnDatabase } from '../../database-work';
import { withExamples } from '../../example';
import { numeric } from '../../output/table';

/** `kpool prices list`: coins, and the days that have prices. */
export function registerPriceList(prices: Command, context: CliContext): void {
  const command = prices
    .command('list')
    .description('List coins and the days that have prices')
    .action(async () => {
      const spans = await workOnDatabase(context, 'prices', readPriceSpans);
      context.output.result(
        spans.map((row) => ({ ...row })),
        () =>
          spans.length === 0
            ? 'No prices have been imported: kpool prices import FILE.'
            : context.output.table(
                ['coin', 'in', numeric('days'), 'from', 'to', numeric('replaced'), 'source'],
                spans.map(({ currency, quoteCurrency, days, from, to, replaced, sources }) => [
                  currency,
                  quoteCurrency,
                  String(days),
                  from,
                  to,
                  String(replaced),
                  sources,
                ]),
              ),
      );
    });
  withExamples(command, 'kpool prices list', 'kpool prices list --json');
}
