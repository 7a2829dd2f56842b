import { setTimeout as sleep } from 'node:timers/promises';
import { atLeast, atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';
import { startSync, withIncomePool } from './scratch-pool';
import { processCpuS } from './cpu-time';

const ROUNDS = 3;
const KEYS = 100;
const LIMIT = 2;
const PAGE_ROWS = 10;
/** More than all rounds can read. */
const ROWS_EACH = 4_000;
const WARM_UP_S = 15;
const ROUND_S = 20;

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  const shares: number[] = [];
  const cores: number[] = [];
  const size = { accounts: KEYS, subAccounts: 1, rowsEach: ROWS_EACH, maxPage: PAGE_ROWS };
  await withIncomePool(size, ({ url: poolUrl }, pool) =>
    withScratchDatabase(async (databaseUrl) => {
      const sync = await startSync({
        databaseUrl,
        poolUrl,
        accounts: KEYS,
        requestsPerSecond: LIMIT,
        streams: ['earnings'],
      });
      sync.tell('go');
      await sleep(WARM_UP_S * 1_000);
      for (let n = 1; n <= ROUNDS; n += 1) {
        const [requests, cpuS, startedMs] = [
          await pool.ask<number>('?'),
          await processCpuS(sync.pid),
          performance.now(),
        ];
        await sleep(ROUND_S * 1_000);
        const seconds = (performance.now() - startedMs) / 1_000;
        shares.push(((await pool.ask<number>('?')) - requests) / seconds);
        cores.push(((await processCpuS(sync.pid)) - cpuS) / seconds);
        log(`round ${n} of ${ROUNDS}`);
      }
      await sync.kill();
    }),
  );
  return [
    {
      what: `${KEYS} keys in one process, requests/s`,
      values: shares,
      baseline: { name: `${LIMIT} a second and key`, values: shares.map(() => LIMIT * KEYS) },
      target: atLeast(0.95),
    },
    { what: 'its CPU, cores', values: cores, baseline: null, target: atMost(1) },
  ];
}

export const manyKeys: Bench = {
  name: 'many-keys',
  title: `${KEYS} API keys in one process, pages of ${PAGE_ROWS} rows`,
  minutes: 2,
  run,
};
