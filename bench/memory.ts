import { atMost, type Bench, type Figure } from './figure';
import type { Measured } from './programs/measured';
import { withScratchDatabase } from './scratch-database';
import { startSync, withIncomePool } from './scratch-pool';

const SIZES = [10_000, 100_000, 400_000];
const ROWS_EACH = 2_500;
const REQUESTS_PER_SECOND = 150;

async function peakMiB(rows: number): Promise<number> {
  return withIncomePool({ subAccounts: rows / (2 * ROWS_EACH), rowsEach: ROWS_EACH }, ({ url: poolUrl }) =>
    withScratchDatabase(async (databaseUrl) => {
      const sync = await startSync({
        ...{ databaseUrl, poolUrl, accounts: 1, requestsPerSecond: REQUESTS_PER_SECOND },
        streams: ['earnings', 'rewards'],
      });
      const { peakMiB: peak } = await sync.ask<Measured>('go');
      await sync.kill();
      return peak;
    }),
  );
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const rows of SIZES) {
    const size = rows.toLocaleString('en');
    log(`a first sync of ${size} rows`);
    figures.push({
      what: `first sync of ${size} rows, peak MiB`,
      values: [await peakMiB(rows)],
      baseline: null,
      target: atMost(200),
    });
  }
  return figures;
}

export const memory: Bench = {
  name: 'memory',
  title: 'The most memory that a first sync holds, by size',
  minutes: 3,
  run,
};
