import type postgres from 'postgres';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let accounts = 0;

const { sql } = useTestDatabase({ connections: 6 });

const MAX_LOOKS = 2_000;
const DAY = '2026-10-01T00:00:00Z';

function earn(tx: postgres.Sql | postgres.TransactionSql, accountId: number, algo = 'SHA256d', n = 1) {
  return tx`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, n)}, ${algo}, 'BTC', ${DAY}, 0, 1, 'SETTLED')`;
}

function reward(tx: postgres.Sql | postgres.TransactionSql, accountId: number) {
  return tx`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', ${DAY}, 'MINING_EARN', 0, 1, 'SETTLED')`;
}

async function totalOf(accountId: number): Promise<string> {
  const [row] = await sql<{ total: string }[]>`
    SELECT trim_scale(sum(total))::text AS total FROM report.daily_income WHERE account_id = ${accountId}`;
  return row!.total;
}

/** Resolves when a session waits for a lock of the second kind of the totals. */
async function someoneWaits(): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const [row] = await sql<{ waits: boolean }[]>`
      SELECT EXISTS (SELECT FROM pg_locks
                      WHERE locktype = 'transactionid' AND NOT granted AND pid IN (
                        SELECT pid FROM pg_stat_activity WHERE datname = current_database())) AS waits`;
    if (row!.waits) return;
  }
  throw new Error('Nobody waits.');
}

test.each([
  ['the earning commits first', earn, reward],
  ['the reward commits first', reward, earn],
] as const)('income that both lists store at once counts once: %s', async (_, first, second) => {
  const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  let waiting: Promise<unknown> | undefined;
  await sql.begin(async (one) => {
    await first(one, accountId);
    // The other list's commit begins while this one is open, and does not see its rows.
    waiting = sql.begin((two) => second(two, accountId));
    await someoneWaits();
  });
  await waiting;
  expect(await totalOf(accountId)).toBe('1');
});

test('commits of different sub-accounts never wait for each other', async () => {
  const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  await sql.begin(async (one) => {
    await earn(one, accountId);
    await sql.begin(async (two) => {
      await two`SET LOCAL lock_timeout = '2s'`;
      await earn(two, accountId, 'SHA256d', 2);
    });
  });
  expect(await totalOf(accountId)).toBe('2');
});

test('algorithms of one sub-account wait for each other by coin', async () => {
  const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  let waiting: Promise<unknown> | undefined;
  await sql.begin(async (one) => {
    await earn(one, accountId);
    waiting = sql.begin((two) => earn(two, accountId, 'Scrypt'));
    await someoneWaits();
  });
  await waiting;
  expect(await totalOf(accountId)).toBe('2');
});

test('a commit that is rolled back leaves the totals unchanged', async () => {
  const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  await earn(sql, accountId);
  await expect(
    sql.begin(async (tx) => {
      await tx`UPDATE pool.earnings SET amount = 5 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
      throw new Error('stop');
    }),
  ).rejects.toThrow('stop');
  expect(await totalOf(accountId)).toBe('1');
});

test('P3 a statement that changes no row writes no totals', async () => {
  const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  await earn(sql, accountId);
  const versions = () => sql`
    SELECT (SELECT string_agg(xmin::text || ctid::text, ' ') FROM sync.income_days WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})) AS days,
           (SELECT string_agg(xmin::text || ctid::text, ' ') FROM sync.income_months WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})) AS months`;
  const before = [...(await versions())];
  await sql`UPDATE pool.earnings SET amount = 1.0, changed_at = now() WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  expect([...(await versions())]).toEqual(before);
});

test('a time zone that the server does not know is refused', async () => {
  await expect(
    sql`INSERT INTO sync.settings (key, value) VALUES ('report_time_zone', '"Mars/Olympus"')`,
  ).rejects.toThrow('Mars/Olympus');
});
