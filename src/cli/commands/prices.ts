import type { ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { registerPriceImport } from './prices/import';
import { registerPriceList } from './prices/list';
import { registerMissingPrices } from './prices/missing';
import { registerValuation } from './prices/use';

/** `kpool prices`: daily prices, which value income. */
export const configurePrices: ConfigureCommand = (prices, context) => {
  registerPriceImport(prices, context);
  registerMissingPrices(prices, context);
  registerPriceList(prices, context);
  registerValuation(prices, context);
  withExamples(prices, 'kpool prices import prices.csv', 'kpool prices missing');
};
