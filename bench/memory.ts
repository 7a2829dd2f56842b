import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';
import { withIncomePool } from './scratch-pool';

const KPOOL = join(__dirname, '..', 'dist', 'src', 'cli', 'kpool.js');
const SIZES = [10_000, 100_000, 1_000_000];
const ROWS_EACH = 2_500;
const KIB_PER_MIB = 1_024;
const POLL_MS = 100;

/** Peak memory of a process so far, MiB; null if it has ended. */
async function peakMiBOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmHWM:\s+(\d+)/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) / KIB_PER_MIB;
}

/** Runs the program as users do, at the highest configurable rate. */
async function peakMiB(rows: number): Promise<number> {
  return withIncomePool({ subAccounts: rows / (2 * ROWS_EACH), rowsEach: ROWS_EACH }, ({ url }) =>
    withScratchDatabase(async (databaseUrl) => {
      let peak = 0;
      for (const streams of [
        ['algorithms', 'sub-accounts'],
        ['earnings', 'rewards'],
      ]) {
        const kpool = spawn(process.execPath, [KPOOL, 'sync', ...streams], {
          cwd: tmpdir(),
          env: {
            PATH: process.env['PATH'] ?? '',
            HOME: '/nonexistent',
            DATABASE_URL: databaseUrl,
            KUCOIN_POOL_BASE_URL: url,
            KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
            LOG_LEVEL: 'error',
            KUCOIN_POOL_API_KEY: 'key-0',
            KUCOIN_POOL_API_SECRET: 'bench-secret',
            KUCOIN_POOL_API_PASSPHRASE: 'bench-passphrase',
          },
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const ended = once(kpool, 'exit');
        while (kpool.exitCode === null && kpool.signalCode === null) {
          peak = Math.max(peak, (await peakMiBOf(kpool.pid ?? 0)) ?? 0);
          await Promise.race([ended, sleep(POLL_MS)]);
        }
        if (kpool.exitCode !== 0) throw new Error(`kpool sync ended with ${String(kpool.exitCode)}.`);
      }
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
  title: 'Peak memory of a first sync, by its size',
  minutes: 8,
  run,
};
