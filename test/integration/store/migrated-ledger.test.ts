import fc from 'fast-check';
import postgres from 'postgres';
import { useTestDatabase } from '../../support/test-database';

let other: postgres.Sql;

const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => other.end());

const CLOCK = 'SELECT pg_catalog.clock_timestamp()';

async function replaceClock(body: string): Promise<void> {
  await sql.unsafe(
    `CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS '${body}'`,
  );
}

interface Revision {
  change: string;
  status: string;
  amount: string;
  withdrawn: boolean;
  valid_from: string;
  valid_to: string | null;
}

/** All revisions of a day's row 0, oldest first, with instants as text to the microsecond. */
async function revisionsOf(day: string): Promise<Revision[]> {
  return sql<Revision[]>`
    SELECT change, status, amount::text, withdrawn_at IS NOT NULL AS withdrawn, valid_from::text, valid_to::text
      FROM pool.earning_revisions WHERE mining_date = ${day}::date ORDER BY revision_id`;
}

async function upsert(day: string, amount: string, status = 'WAIT_SETTLE'): Promise<void> {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (7, 'SHA256d', 'BTC', ${day}::date::timestamp AT TIME ZONE 'UTC', 0, ${amount}, ${status})
    ON CONFLICT (puid, algo, currency, mined_at, ordinal)
    DO UPDATE SET amount = excluded.amount, status = excluded.status, withdrawn_at = NULL`;
}

async function withdraw(day: string): Promise<void> {
  await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE mining_date = ${day}::date`;
}

beforeAll(async () => {
  other = postgres(database.url, { max: 1, onnotice: () => undefined });
  await sql`INSERT INTO pool.accounts (account_id, account_name, key_fingerprint) VALUES (1, 'main', 'f')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, 'sub')`;
});
afterEach(() => replaceClock(CLOCK));

test('P3 writing the same rows again writes no row version', async () => {
  await upsert('2026-01-01', '1.50');
  const versions = () =>
    sql`SELECT e.ctid::text, e.xmin::text, e.changed_at::text, r.ctid::text AS revision, r.xmin::text AS by
          FROM pool.earnings e JOIN pool.earning_revisions r USING (puid, mined_at)
         WHERE e.mining_date = '2026-01-01'`;
  const before = await versions();
  expect(before).toHaveLength(1);
  await upsert('2026-01-01', '1.5');
  await sql`UPDATE pool.earnings SET first_seen_at = sync.now(), changed_at = sync.now() WHERE mining_date = '2026-01-01'`;
  expect(await versions()).toEqual(before);
});

test('P4 each change keeps the state before it', async () => {
  await upsert('2026-01-02', '1');
  await upsert('2026-01-02', '1', 'SETTLED');
  await upsert('2026-01-02', '2', 'SETTLED');
  await withdraw('2026-01-02');
  await withdraw('2026-01-02');
  await upsert('2026-01-02', '2', 'SETTLED');
  const revisions = await revisionsOf('2026-01-02');
  expect(
    revisions.map(({ change, amount, status, withdrawn }) => [change, amount, status, withdrawn]),
  ).toEqual([
    ['appeared', '1', 'WAIT_SETTLE', false],
    ['settled', '1', 'SETTLED', false],
    ['amended', '2', 'SETTLED', false],
    ['withdrawn', '2', 'SETTLED', true],
    ['restored', '2', 'SETTLED', false],
  ]);
  expect(revisions.map((revision) => revision.valid_to)).toEqual([
    ...revisions.slice(1).map((revision) => revision.valid_from),
    null,
  ]);
});

test('P4 rewards have revisions too, and equal ones are two rows', async () => {
  const rows = [0, 1].map((ordinal) => ({
    puid: 7,
    algo: 'SHA256d',
    currency: 'BTC',
    mined_at: '2026-01-02T12:00:00.001Z',
    type: 'REWARD_EARN',
    ordinal,
    amount: '-0.5',
    status: 'SETTLED',
  }));
  await sql`INSERT INTO pool.rewards ${sql(rows)}`;
  await sql`UPDATE pool.rewards SET amount = -0.25 WHERE ordinal = 1`;
  expect(
    await sql`SELECT ordinal, amount::text, change, type, mining_date::text, valid_to IS NULL AS open
                FROM pool.reward_revisions ORDER BY ordinal, revision_id`,
  ).toEqual([
    {
      ordinal: 0,
      amount: '-0.5',
      change: 'appeared',
      type: 'REWARD_EARN',
      mining_date: '2026-01-02',
      open: true,
    },
    {
      ordinal: 1,
      amount: '-0.5',
      change: 'appeared',
      type: 'REWARD_EARN',
      mining_date: '2026-01-02',
      open: false,
    },
    {
      ordinal: 1,
      amount: '-0.25',
      change: 'amended',
      type: 'REWARD_EARN',
      mining_date: '2026-01-02',
      open: true,
    },
  ]);
});

test.each([
  ['DELETE FROM pool.earnings', 'Ledger rows are never deleted.'],
  ['DELETE FROM pool.rewards', 'Ledger rows are never deleted.'],
  ['TRUNCATE pool.earnings CASCADE', 'never deleted'],
  ['DELETE FROM pool.earning_revisions', 'Revisions of the ledger are never deleted.'],
  ['TRUNCATE pool.reward_revisions', 'Revisions of the ledger are never deleted.'],
  ['UPDATE pool.earnings SET ordinal = ordinal + 1', 'The key of a ledger row never changes.'],
  ["UPDATE pool.rewards SET type = 'OTHER'", 'The key of a ledger row never changes.'],
  ['UPDATE pool.earning_revisions SET amount = 3', 'A revision never changes'],
  ['UPDATE pool.earning_revisions SET valid_to = NULL', 'A revision never changes'],
  [
    "UPDATE pool.earning_revisions SET valid_to = 'infinity' WHERE valid_to IS NOT NULL",
    'A revision never changes',
  ],
])('P4 the database refuses: %s', async (statement, reason) => {
  await expect(sql.unsafe(statement)).rejects.toThrow(reason);
});

/** Resolves when a session of this database waits for the lock of the ledger. */
async function someoneWaits(): Promise<void> {
  const watcher = postgres(database.url, { max: 1 });
  for (let waiting = false; !waiting;) {
    const rows = await watcher`
      SELECT FROM pg_locks WHERE locktype = 'relation' AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
    waiting = rows.length > 0;
  }
  await watcher.end();
}

test('a close waits for a running commit, and is dated after it', async () => {
  const instants = sql<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
  const fixing = other.begin(async (transaction) => {
    await transaction`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (7, 'SHA256d', 'BTC', '2026-01-03T00:00:00Z', 0, 1, 'SETTLED')`;
    const waiting = instants.then((rows) => rows[0]!.instant);
    await someoneWaits();
    return { waiting };
  });
  const instant = await (await fixing).waiting;
  expect(
    await sql`SELECT changed_at < ${instant}::timestamptz AS before FROM pool.earnings WHERE mining_date = '2026-01-03'`,
  ).toEqual([{ before: true }]);
});

test('a commit waits for a running close, and is dated after it', async () => {
  const closing = other.begin(async (transaction) => {
    const [row] = await transaction<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
    const writing = upsert('2026-01-06', '1');
    await someoneWaits();
    return { writing, instant: row!.instant };
  });
  const { writing, instant } = await closing;
  await writing;
  expect(
    await sql`SELECT changed_at > ${instant}::timestamptz AS after FROM pool.earnings WHERE mining_date = '2026-01-06'`,
  ).toEqual([{ after: true }]);
});

test('a clock set back dates no change before a close', async () => {
  await upsert('2026-01-04', '1');
  const [fixed] = await sql<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
  await replaceClock(`SELECT timestamptz ''2020-01-01 00:00:00+00''`);
  await upsert('2026-01-04', '2');
  await upsert('2026-01-04', '3');
  const [again] = await sql<
    { later: boolean }[]
  >`SELECT sync.fix_ledger_instant() > ${fixed!.instant}::timestamptz AS later`;
  expect(again).toEqual({ later: true });
  const revisions = await revisionsOf('2026-01-04');
  expect(revisions.map((revision) => revision.amount)).toEqual(['1', '2', '3']);
  expect(revisions[1]!.valid_from > fixed!.instant).toBe(true);
  expect(revisions[2]!.valid_from > revisions[1]!.valid_from).toBe(true);
});

test('the ledger refuses writes in REPEATABLE READ', async () => {
  await expect(
    sql.begin(
      'isolation level repeatable read',
      (transaction) => transaction`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (7, 'SHA256d', 'BTC', '2026-01-05T00:00:00Z', 0, 1, 'SETTLED')`,
    ),
  ).rejects.toThrow('READ COMMITTED');
});

const DAYS = ['2025-06-01', '2025-06-02', '2025-06-03'];
const operation = fc.oneof(
  fc.record({
    do: fc.constant('upsert' as const),
    day: fc.constantFrom(...DAYS),
    amount: fc.constantFrom('1', '2', '2.0', '-0.000000000000000001'),
    status: fc.constantFrom('WAIT_SETTLE', 'SETTLED', 'NEW_STATUS'),
  }),
  fc.record({ do: fc.constant('withdraw' as const), day: fc.constantFrom(...DAYS) }),
  fc.record({ do: fc.constant('fix' as const) }),
  fc.record({ do: fc.constant('clock' as const), stepMs: fc.integer({ min: -100_000, max: 100_000 }) }),
);

/** The ledger as of an instant, from the revisions. */
async function asOf(instant: string): Promise<readonly unknown[]> {
  return sql`
    SELECT mining_date::text, amount::text, status FROM pool.earning_revisions
     WHERE valid_from <= ${instant}::timestamptz AND (valid_to IS NULL OR valid_to > ${instant}::timestamptz)
       AND withdrawn_at IS NULL AND mining_date < '2026-01-01' ORDER BY mining_date`;
}

test('P4 revisions stay contiguous whatever happens', async () => {
  await sql`CREATE TABLE public.offset_ms (ms integer)`;
  await sql`INSERT INTO public.offset_ms VALUES (0)`;
  await replaceClock(
    `SELECT pg_catalog.clock_timestamp() + (SELECT ms FROM public.offset_ms) * interval ''1 millisecond''`,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
      const said: { instant: string; rows: readonly unknown[] }[] = [];
      for (const step of operations) {
        if (step.do === 'upsert') await upsert(step.day, step.amount, step.status);
        if (step.do === 'withdraw') await withdraw(step.day);
        if (step.do === 'clock') await sql`UPDATE public.offset_ms SET ms = ${step.stepMs}`;
        if (step.do === 'fix') {
          const [row] = await sql<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
          said.push({ instant: row!.instant, rows: await asOf(row!.instant) });
        }
      }
      for (const { instant, rows } of said) expect(await asOf(instant)).toEqual(rows);
      expect(
        await sql`
          SELECT mining_date FROM pool.earning_revisions WINDOW w AS (PARTITION BY mined_at, ordinal ORDER BY revision_id)
          EXCEPT SELECT mining_date FROM (
            SELECT mining_date, valid_to, lead(valid_from) OVER w AS next FROM pool.earning_revisions
            WINDOW w AS (PARTITION BY mined_at, ordinal ORDER BY revision_id)) r
           GROUP BY mining_date HAVING bool_and(valid_to IS NOT DISTINCT FROM next)`,
      ).toEqual([]);
      expect(
        await sql`
          SELECT e.mining_date FROM pool.earnings e LEFT JOIN pool.earning_revisions r
              ON r.mined_at = e.mined_at AND r.ordinal = e.ordinal AND r.valid_to IS NULL
           WHERE (r.amount, r.status, r.withdrawn_at, r.valid_from) IS DISTINCT FROM
                 (e.amount, e.status, e.withdrawn_at, e.changed_at)`,
      ).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
