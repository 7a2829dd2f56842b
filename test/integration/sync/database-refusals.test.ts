/** What if the database refuses a statement? */
import postgres from 'postgres';
import { DAY_MS } from '../../../src/core/day';
import { KpoolError } from '../../../src/core/errors';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const STREAMS = ['earnings', 'rewards'] as const;

let pool: SyncedPool;
/** A connection to another database of the server, which survives what happens in this one. */
let outside: postgres.Sql;
const database = useTestDatabase();
database.beforeDrop(async () => {
  await pool.close();
  await outside.end({ timeout: 5 });
});

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 78,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 20,
        workersPerSubAccount: 2,
        algorithms: ['SHA256d'],
      },
    },
  });
  const url = new URL(database.url);
  url.pathname = '/postgres';
  outside = postgres(url.href, { max: 1, onnotice: () => undefined });
  await pool.sync();
}, 60_000);

/** The ledger, its revisions, and the number of rows that its windows count. */
async function ledgerState(): Promise<unknown> {
  const [state] = await pool.sql`
    SELECT (SELECT md5(jsonb_agg(to_jsonb(e) ORDER BY e)::text) FROM pool.earnings e) AS earnings,
           (SELECT md5(jsonb_agg(to_jsonb(r) ORDER BY r.revision_id)::text) FROM pool.earning_revisions r) AS revisions,
           (SELECT sum(w.row_count)::int FROM sync.windows w WHERE w.stream = 'earnings') AS "inWindows"`;
  return state;
}

async function expectWhole(): Promise<void> {
  const summaries = await pool.sync({ streams: STREAMS }, { verifyBeforeMs: Infinity, span: null });
  const results = summaries.flatMap((summary) => summary.results);
  expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'succeeded'));
  for (const stream of STREAMS)
    expect(differenceOf(truthOf(pool.simulator, stream), await storedOf(pool.sql, stream))).toEqual([]);
}

test.each([
  ['53100', 'the disk is full', /no disk space left/],
  ['55P03', 'a lock is not free in time', /did not grant a lock/],
  ['57014', 'a statement takes too long', /took too long/],
  ['40P01', 'a deadlock', /transactions that conflicted/],
  ['40001', 'a serialization failure', /transactions that conflicted/],
  ['53200', 'memory runs out', /53200/],
  ['25006', 'it turns read-only', /read-only/],
])(
  'P5 P8 SQLSTATE %s in a commit (%s) stores no half of it',
  async (state, _what, message) => {
    const { simulator, sql } = pool;
    simulator.clock.advance(2 * DAY_MS);
    await sql.unsafe(`
      CREATE FUNCTION sync.fail_now() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '${state}'; END $$;
      CREATE TRIGGER fail_now AFTER INSERT OR UPDATE ON pool.earnings FOR EACH ROW EXECUTE FUNCTION sync.fail_now()`);
    const before = await ledgerState();
    const summaries = await pool.sync({ streams: STREAMS }, { verifyBeforeMs: Infinity, span: null });
    await sql`DROP FUNCTION sync.fail_now() CASCADE`;
    const failed = summaries
      .flatMap(({ results }) => results)
      .filter(({ outcome }) => outcome !== 'succeeded');
    expect(
      failed.map(({ outcome, scope, error }) => [outcome, scope.stream, error?.code, error?.retry]),
    ).toEqual([['failed', 'earnings', 'database.failed', 'backoff']]);
    expect(failed[0]?.reason).toMatch(message);
    const [run] = await sql`
      SELECT outcome, error_code, error_message FROM sync.runs WHERE run_id = ${String(failed[0]!.runId)}`;
    expect(run).toEqual({
      outcome: 'failed',
      error_code: 'database.failed',
      error_message: expect.stringMatching(message) as string,
    });
    expect(await ledgerState()).toEqual(before);
    await expectWhole();
    expect(await ledgerState()).not.toEqual(before);
  },
  60_000,
);

test('P5 a failover to a read-only standby is reported', async () => {
  const turn = async (mode: 'on' | 'off'): Promise<void> => {
    await outside.unsafe(`ALTER DATABASE ${database.name} SET default_transaction_read_only = ${mode}`);
    await outside`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = ${database.name} AND application_name LIKE 'kpool%'`;
  };
  const before = await ledgerState();
  await turn('on');
  const failures: KpoolError[] = [];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const outcome: unknown = await pool.sync().catch((error: unknown) => error);
    if (!(outcome instanceof KpoolError)) throw new Error('It did not fail.');
    failures.push(outcome);
  }
  await turn('off');
  expect(new Set(failures.map(({ retry }) => retry))).toEqual(new Set(['backoff']));
  expect(failures.at(-1)).toMatchObject({
    code: 'database.failed',
    message: expect.stringContaining('read-only') as string,
    hint: expect.stringContaining('primary') as string,
  });
  expect(await ledgerState()).toEqual(before);
  // A cut connection is noticed only when it is used.
  for (let attempt = 1; attempt <= 3; attempt += 1) await pool.sync().catch(() => undefined);
  await expectWhole();
}, 60_000);
