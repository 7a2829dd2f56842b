import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { KpoolError } from '../../../core/errors';
import { importPrices, type ImportResult } from '../../../report/prices/import-prices';
import { readPriceFile } from '../../../report/prices/price-file';
import type { CliContext } from '../../context';
import { workOnDatabase } from '../../database-work';
import { withExamples } from '../../example';
import { formatCount } from '../../output/numbers';
import { parseCurrency } from './currency-argument';

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

/** `kpool prices import`: one file, completely or not at all. */
export function registerPriceImport(prices: Command, context: CliContext): void {
  const command = prices
    .command('import')
    .description('Import daily prices from a CSV file, completely or not at all')
    .argument('<file>', 'a CSV file of prices')
    .option('--currency <coin>', 'the coin, if the file does not name it', parseCurrency)
    .option('--quote <currency>', 'the currency of the prices, if the file does not name it', parseCurrency)
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
