/** What if connections are cut at any moment of a sync? */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { KpoolError } from '../../../src/core/errors';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 9, 20, 9, 30);
const CUTS = 25;
const MAX_SYNCS = 60;

let pool: SyncedPool;
/** A connection to another database of the server, which survives what happens in this one. */
let outside: postgres.Sql;
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
process.on('uncaughtException', note);
process.on('unhandledRejection', note);
const database = useTestDatabase();
database.beforeDrop(async () => {
  process.off('uncaughtException', note);
  process.off('unhandledRejection', note);
  await pool.close();
  await outside.end({ timeout: 5 });
});

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 77,
      startAt: START,
      world: { accounts: 2, subAccountsPerAccount: 2, days: 300, workersPerSubAccount: 10 },
    },
  });
  const url = new URL(database.url);
  url.pathname = '/postgres';
  outside = postgres(url.href, { max: 1, onnotice: () => undefined });
});

/** Ends every session in the database, whatever it is doing. Returns how many there were. */
async function cutAll(): Promise<number> {
  const cut = await outside`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${database.name}`;
  return cut.length;
}

/** Syncs until a sync succeeds. All failures on the way have to be temporary ones. */
async function syncThrough(): Promise<string[]> {
  const failures: string[] = [];
  for (let attempt = 1; attempt <= MAX_SYNCS; attempt += 1) {
    const outcome = await pool
      .sync({}, { verifyBeforeMs: Infinity, span: null })
      .catch((error: unknown) => error);
    if (outcome instanceof KpoolError) {
      expect(outcome.retry).toBe('backoff');
      failures.push(outcome.code);
      continue;
    }
    if (!Array.isArray(outcome)) throw outcome;
    const results = (outcome as Awaited<ReturnType<SyncedPool['sync']>>).flatMap(({ results }) => results);
    const failed = results.filter(({ outcome }) => outcome !== 'succeeded' && outcome !== 'skipped');
    if (failed.length === 0) return failures;
    for (const { error, reason } of failed) {
      expect(`${error?.retry ?? 'none'}: ${reason ?? ''}`).toMatch(/^backoff/);
      failures.push(error!.code);
    }
  }
  throw new Error(`No sync went through in ${MAX_SYNCS} attempts.`);
}

test(`P5 P7 ${CUTS} cuts of all connections lose nothing`, async () => {
  const end = new AbortController();
  let cuts = 0;
  const cutting = (async () => {
    while (cuts < CUTS && !end.signal.aborted) {
      // Between 0 and 400 ms after a request, so that cuts hit reads as well as commits.
      await pool.simulator.requests.next();
      await sleep((cuts * 37) % 400);
      await cutAll();
      cuts += 1;
    }
  })();
  const failures: string[] = [];
  while (cuts < CUTS) failures.push(...(await syncThrough()));
  end.abort();
  await cutting;
  failures.push(...(await syncThrough()));
  expect(uncaught).toEqual([]);
  expect(failures.length).toBeGreaterThan(0);
  for (const stream of ['earnings', 'rewards'] as const) {
    const truth = truthOf(pool.simulator, stream);
    expect(truth.length).toBeGreaterThan(0);
    expect(differenceOf(truth, await storedOf(pool.sql, stream))).toEqual([]);
  }
  // Every row has exactly one open revision, with the values of the row.
  const [wrong] = await pool.sql<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pool.earnings e
     WHERE 1 <> (SELECT count(*) FROM pool.earning_revisions r
                  WHERE (r.puid, r.algo, r.currency, r.mined_at, r.ordinal)
                      = (e.puid, e.algo, e.currency, e.mined_at, e.ordinal) AND r.valid_to IS NULL
                    AND r.amount = e.amount AND r.status = e.status)`;
  expect(wrong?.count).toBe(0);
}, 240_000);
