import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSimulator } from '../../src/simulator';
import { runKpool } from '../support/built-kpool';
import { differenceOf, storedOf, truthOf } from '../support/ledger-truth';
import { useTestDatabase } from '../support/test-database';

const database = useTestDatabase();
const { sql } = database;
/** The numbers of requests after which processes are killed: in the catalog, the first answers, and the history. */
const KILLS_AFTER_REQUESTS = [2, 9, 31];

test('P7 a sync killed at any instant is completed by the next', async () => {
  const simulator = await createSimulator({
    seed: 7,
    startAt: Date.now(),
    world: { subAccountsPerAccount: 1, days: 400 },
    rateLimit: null,
  });
  const folder = mkdtempSync(path.join(tmpdir(), 'kpool-crash-'));
  try {
    const [account] = simulator.accounts;
    const env = {
      DATABASE_URL: database.url,
      KUCOIN_POOL_BASE_URL: simulator.url,
      KUCOIN_POOL_API_KEY: account!.apiKey,
      KUCOIN_POOL_API_SECRET: account!.apiSecret,
      KUCOIN_POOL_API_PASSPHRASE: account!.apiPassphrase,
      KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    };
    for (const killAfter of KILLS_AFTER_REQUESTS) {
      const before = simulator.requests.entries.length;
      const end = await runKpool(['sync', 'earnings', 'rewards'], {
        cwd: folder,
        env,
        onSpawn: (child) => {
          const unsubscribe = simulator.onRequest(() => {
            if (simulator.requests.entries.length - before < killAfter) return;
            unsubscribe();
            child.kill('SIGKILL');
          });
        },
      });
      expect(end.code).toBeNull();
    }
    const end = await runKpool(['sync', 'earnings', 'rewards'], { cwd: folder, env });
    expect(end).toMatchObject({ code: 0 });
    for (const stream of ['earnings', 'rewards'] as const) {
      const truth = truthOf(simulator, stream);
      expect(truth.length).toBeGreaterThan(100);
      expect(differenceOf(truth, await storedOf(sql, stream))).toEqual([]);
    }
    const [open] = await sql<[{ twice: string }]>`
      SELECT count(*) AS twice FROM (SELECT 1 FROM pool.earning_revisions GROUP BY puid, algo, currency, mined_at, ordinal
                                     HAVING count(*) FILTER (WHERE valid_to IS NULL) <> 1 OR count(*) > 1) AS odd`;
    expect(open.twice).toBe('0');
  } finally {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
