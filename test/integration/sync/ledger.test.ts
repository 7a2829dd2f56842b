/** Does the ledger follow a whole pool over time? */
import { DAY_MS } from '../../../src/core/day';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
const START = Date.UTC(2026, 9, 20, 9, 30);

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 20_261_122,
      startAt: START,
      world: { accounts: 2, subAccountsPerAccount: 2, days: 250 },
    },
  });
});

async function expectTruth(): Promise<void> {
  for (const stream of ['earnings', 'rewards'] as const) {
    const truth = truthOf(pool.simulator, stream);
    expect(truth.length).toBeGreaterThan(0);
    expect(differenceOf(truth, await storedOf(pool.sql, stream))).toEqual([]);
  }
}

function outcomesOf(summaries: Awaited<ReturnType<SyncedPool['sync']>>): string[] {
  return [
    ...new Set(
      summaries
        .flatMap(({ results }) => results)
        // A stream may have nothing to query, for example the details of workers that are all known.
        .filter(({ outcome }) => outcome !== 'skipped')
        .map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`),
    ),
  ];
}

async function writeCounts(): Promise<unknown> {
  const tables = ['earnings', 'rewards', 'earning_revisions', 'reward_revisions'];
  return pool.sql`
    SELECT c.relname, (SELECT count(*) FROM pool.earnings) AS earnings, pg_relation_size(c.oid) AS bytes
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'pool' AND c.relname IN ${pool.sql(tables)} ORDER BY 1`;
}

async function rowVersions(): Promise<unknown> {
  return pool.sql`
    SELECT (SELECT max(xmin::text::bigint) FROM pool.earnings) AS earnings,
           (SELECT max(xmin::text::bigint) FROM pool.rewards) AS rewards,
           (SELECT max(xmin::text::bigint) FROM pool.earning_revisions) AS earning_revisions,
           (SELECT max(xmin::text::bigint) FROM pool.reward_revisions) AS reward_revisions`;
}

test('P2 a first sync stores the whole history, every column', async () => {
  expect(outcomesOf(await pool.sync())).toEqual(['succeeded ']);
  await expectTruth();
});

test('P3 a second sync of unchanged data writes no row version', async () => {
  const before = [await rowVersions(), await writeCounts()];
  const summaries = await pool.sync({}, { verifyBeforeMs: Infinity, span: null });
  expect(outcomesOf(summaries)).toEqual(['succeeded ']);
  expect([await rowVersions(), await writeCounts()]).toEqual(before);
});

test('a cycle costs one request per live scope', async () => {
  const seen = pool.simulator.requests.entries.length;
  await pool.sync({ streams: ['earnings', 'rewards'] });
  const requests = pool.simulator.requests.entries.slice(seen);
  const scopes = new Set(
    requests.map(({ endpoint, apiKey, params }) => [endpoint, apiKey, params['puid'], params['algo']].join()),
  );
  expect(requests.length).toBe(scopes.size);
});

test('P2 later syncs store settled and new rows', async () => {
  for (let day = 0; day < 2; day += 1) {
    pool.simulator.clock.advance(DAY_MS);
    expect(outcomesOf(await pool.sync({}, { verifyBeforeMs: Infinity, span: null }))).toEqual(['succeeded ']);
    await expectTruth();
  }
});
