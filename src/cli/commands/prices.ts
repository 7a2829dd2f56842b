import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { KpoolError } from '../../core/errors';
import { importPrices, type ImportResult } from '../../report/prices/import-prices';
import { readPriceFile } from '../../report/prices/price-file';
import {
  chooseValuation,
  readMissingPrices,
  readPriceSpans,
  type ValuationBasis,
} from '../../report/prices/read-prices';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { numeric } from '../output/table';

/** Days listed; the rest are counted. */
const MAX_DAYS = 50;
const upper = (text: string): string => text.toUpperCase();

interface ImportFlags {
  readonly currency?: string;
  readonly quote?: string;
  readonly source?: string;
  readonly replace?: boolean;
  readonly anyCoin?: boolean;
}

function unreadablePrices(file: string, error: unknown): KpoolError {
  return new KpoolError('usage.invalid', `${file} cannot be read: ${(error as Error).message}.`, {
    cause: error,
  });
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (error) {
    throw unreadablePrices(file, error);
  }
}

async function* readChunks(file: string, handle: FileHandle): AsyncGenerator<string> {
  const chunks = handle.createReadStream({ encoding: 'utf8', autoClose: false })[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw unreadablePrices(file, error);
    });
    if (next.done === true) return;
    yield String(next.value);
  }
}

function registerImport(prices: Command, context: CliContext): void {
  const command = prices
    .command('import')
    .description('Import daily prices from a CSV file, completely or not at all')
    .argument('<file>', 'a CSV file of prices')
    .option('--currency <coin>', 'the coin, if the file does not name it', upper)
    .option('--quote <currency>', 'the currency of the prices, if the file does not name it', upper)
    .option('--source <text>', 'the source of the prices, stored with them')
    .option('--replace', 'replace stored prices that differ; the old ones are kept')
    .option('--any-coin', 'also import coins that are not in the ledger')
    .action(async (file: string, flags: ImportFlags) => {
      const fileName = path.basename(file);
      const said = {
        currency: flags.currency ?? null,
        quoteCurrency: flags.quote ?? null,
        source: flags.source ?? null,
      };
      const options = { fileName, replace: flags.replace === true, anyCoin: flags.anyCoin === true };
      const handle = await openFile(file);
      let result: ImportResult;
      try {
        const entries = readPriceFile(fileName, readChunks(file, handle), said);
        result = await workOnDatabase(context, 'prices', (sql) => importPrices(sql, entries, options));
      } finally {
        await handle.close();
      }
      context.output.result(
        { ...result },
        () =>
          `${formatCount(result.added, 'price')} added, ${result.replaced} replaced, ${result.unchanged} unchanged.`,
      );
    });
  withExamples(
    command,
    'kpool prices import prices.csv',
    'kpool prices import btc-eur-max.csv --currency BTC --quote EUR --source CoinGecko',
  );
}

function registerMissing(prices: Command, context: CliContext): void {
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

function registerList(prices: Command, context: CliContext): void {
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

function registerUse(prices: Command, context: CliContext): void {
  const command = prices
    .command('use')
    .description('Set the currency of the books, and the day whose price values income')
    .argument('<currency>', 'e.g. EUR', upper)
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

/** `kpool prices`: daily prices, which value income. */
export const configurePrices: ConfigureCommand = (prices, context) => {
  registerImport(prices, context);
  registerMissing(prices, context);
  registerList(prices, context);
  registerUse(prices, context);
  withExamples(prices, 'kpool prices import prices.csv', 'kpool prices missing');
};
