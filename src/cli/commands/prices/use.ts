import { Option, type Command } from 'commander';
import { chooseValuation, type ValuationBasis } from '../../../report/prices/read-prices';
import type { CliContext } from '../../context';
import { workOnDatabase } from '../../database-work';
import { withExamples } from '../../example';
import { parseCurrency } from './currency-argument';

/** `kpool prices use`: the currency of the books. */
export function registerValuation(prices: Command, context: CliContext): void {
  const command = prices
    .command('use')
    .description('Set the currency of the books, and the day whose price values income')
    .argument('<currency>', 'e.g. EUR', parseCurrency)
    .addOption(
      new Option('--basis <basis>', 'value income on the day it was mined (accrual) or paid (cash)')
        .choices(['accrual', 'cash'])
        .default('accrual'),
    )
    .action(async (currency: string, { basis }: { readonly basis: ValuationBasis }) => {
      await workOnDatabase(context, 'prices', (sql) => chooseValuation(sql, currency, basis));
      const event = basis === 'accrual' ? 'mined' : 'paid';
      context.output.result(
        { quoteCurrency: currency, basis },
        () => `Income is valued in ${currency}, at the price of the day it was ${event}.`,
      );
    });
  withExamples(command, 'kpool prices use EUR', 'kpool prices use USD --basis cash');
}
