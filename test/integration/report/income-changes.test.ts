import fc from 'fast-check';
import { closeMonth, readCloses, reopenMonth } from '../../../src/report/months/closes';
import { findMonth, type Month } from '../../../src/report/months/month';
import { useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps, puidOf } from './ledger-history';

/** KPOOL_TEST_RUNS plays more histories than a run of the suite does: each run draws others. */
const RUNS = Number(process.env['KPOOL_TEST_RUNS'] ?? 12);
const SEPTEMBER = findMonth('2026-09')!;
const OCTOBER = findMonth('2026-10')!;
const FORCED = { note: null, force: true };
let accounts = 0;

const { sql } = useTestDatabase({ connections: 4 });
afterEach(() => openAll());

async function openAll(): Promise<void> {
  for (const month of [SEPTEMBER, OCTOBER]) await reopenMonth(sql, month, { note: null });
}

async function setZone(zone: string): Promise<void> {
  await sql`
    INSERT INTO sync.settings (key, value) VALUES ('report_time_zone', to_jsonb(${zone}::text))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
}

async function close(month: Month): Promise<string> {
  const result = await closeMonth(sql, month, FORCED);
  if (result.outcome !== 'recorded') throw new Error(result.reasons.join(' '));
  return result.record.instant;
}

async function earn(accountId: number, day: string, amount: string): Promise<void> {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', ${day}::text::timestamptz, 0, ${amount}::numeric, 'SETTLED')`;
}

function changesOf(accountId: number) {
  return sql<{ month: string; day: string; bookedIn: string; change: string; superseded: boolean }[]>`
    SELECT to_char(month, 'YYYY-MM') AS month, mining_date::text AS day, to_char(booked_in, 'YYYY-MM') AS "bookedIn",
           change_text AS change, superseded_at IS NOT NULL AS superseded
      FROM report.income_changes WHERE account_id = ${accountId} ORDER BY known_at`;
}

test('a closed month plus its adjustments is today’s ledger', async () => {
  await fc.assert(
    fc.asyncProperty(
      ledgerSteps,
      ledgerSteps,
      fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
      async (before, after, zone) => {
        await openAll();
        await setZone(zone);
        const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
        for (const step of before) await applyLedgerStep(sql, accountId, step);
        const instant = await close(SEPTEMBER);
        for (const step of after) await applyLedgerStep(sql, accountId, step);
        const wrong = await sql`
          WITH closed AS (
            SELECT puid, currency, amount FROM report.income_as_of(${instant}::text::timestamptz)
             WHERE account_id = ${accountId} AND date_trunc('month', mined_at AT TIME ZONE ${zone})::date = '2026-09-01'
             UNION ALL
            SELECT puid, currency, change FROM report.income_changes
             WHERE account_id = ${accountId} AND month = '2026-09-01' AND superseded_at IS NULL
             UNION ALL
            SELECT puid, currency, -total FROM report.monthly_income
             WHERE account_id = ${accountId} AND month = '2026-09-01'
          )
          SELECT puid, currency, sum(amount) FROM closed GROUP BY puid, currency HAVING sum(amount) <> 0`;
        expect([...wrong]).toEqual([]);
      },
    ),
    { numRuns: RUNS },
  );
  await openAll();
  await sql`DELETE FROM sync.settings WHERE key = 'report_time_zone'`;
});

test('on cash basis, closes plus adjustments are what was paid', async () => {
  await fc.assert(
    fc.asyncProperty(
      ledgerSteps,
      ledgerSteps,
      fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
      async (before, after, zone) => {
        await openAll();
        await setZone(zone);
        const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
        for (const step of before) await applyLedgerStep(sql, accountId, step);
        const instants = [await close(SEPTEMBER), await close(OCTOBER)] as const;
        for (const step of after) await applyLedgerStep(sql, accountId, step);
        for (const [index, month] of ['2026-09-01', '2026-10-01'].entries()) {
          const wrong = await sql`
            WITH paid AS (
              SELECT puid, currency, amount FROM report.income_as_of(${instants[index]!}::text::timestamptz)
               WHERE account_id = ${accountId} AND status = 'SETTLED'
                 AND date_trunc('month', coalesce(settled_at, mined_at) AT TIME ZONE ${zone})::date = ${month}::date
               UNION ALL
              SELECT puid, currency, change FROM report.payment_changes
               WHERE account_id = ${accountId} AND month = ${month}::date AND superseded_at IS NULL
                 AND date_trunc('month', paid_date::timestamp)::date = month
               UNION ALL
              SELECT puid, currency, -amount FROM report.income_ledger
               WHERE account_id = ${accountId} AND status = 'SETTLED'
                 AND date_trunc('month', coalesce(settled_at, mined_at) AT TIME ZONE ${zone})::date = ${month}::date
            )
            SELECT puid, currency, sum(amount) FROM paid GROUP BY puid, currency HAVING sum(amount) <> 0`;
          expect([...wrong]).toEqual([]);
        }
      },
    ),
    { numRuns: RUNS },
  );
  await openAll();
  await sql`DELETE FROM sync.settings WHERE key = 'report_time_zone'`;
});

test('a late payment of a closed month is booked in an open one', async () => {
  const accountId = await createLedgerAccount(sql, 'late payment');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-09-29Z', 0, 3, 'WAIT_SETTLE')`;
  await close(SEPTEMBER);
  await sql`
    UPDATE pool.earnings SET status = 'SETTLED', settled_at = '2026-09-30T12:00:00Z' WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await close(OCTOBER);
  await sql`UPDATE pool.earnings SET settled_at = '2026-11-02T12:00:00Z' WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  expect([...(await changesOf(accountId))]).toEqual([]);
  const changes = await sql`
    SELECT to_char(month, 'YYYY-MM') AS month, paid_date::text AS "paidDate", to_char(booked_in, 'YYYY-MM') AS "bookedIn",
           change_text AS change
      FROM report.payment_changes WHERE account_id = ${accountId} ORDER BY known_at`;
  expect([...changes]).toEqual([
    { month: '2026-09', paidDate: '2026-09-30', bookedIn: '2026-10', change: '3' },
    { month: '2026-09', paidDate: '2026-09-30', bookedIn: '2026-11', change: '-3' },
  ]);
});

test('the reports’ time zone is fixed while a month is closed', async () => {
  await close(SEPTEMBER);
  await expect(setZone('Europe/Berlin')).rejects.toMatchObject({
    code: 'KP001',
    message: 'from UTC to Europe/Berlin: closed are 2026-09',
  });
  await reopenMonth(sql, SEPTEMBER, { note: null });
  await setZone('Europe/Berlin');
  await sql`DELETE FROM sync.settings WHERE key = 'report_time_zone'`;
});

test('a change is booked in the first month open when known', async () => {
  const accountId = await createLedgerAccount(sql, 'booked');
  await earn(accountId, '2026-09-10Z', '1');
  await close(SEPTEMBER);
  await sql`UPDATE pool.earnings SET amount = 1.25 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await close(OCTOBER);
  await earn(accountId, '2026-09-11Z', '0.000000000000000001');
  await sql`UPDATE pool.earnings SET withdrawn_at = now() WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId}) AND amount = 1.25`;
  expect([...(await changesOf(accountId))]).toEqual([
    { month: '2026-09', day: '2026-09-10', bookedIn: '2026-10', change: '0.25', superseded: false },
    {
      month: '2026-09',
      day: '2026-09-11',
      bookedIn: '2026-11',
      change: '0.000000000000000001',
      superseded: false,
    },
    { month: '2026-09', day: '2026-09-10', bookedIn: '2026-11', change: '-1.25', superseded: false },
  ]);
});

test('a settlement alone changes no closed amount', async () => {
  const accountId = await createLedgerAccount(sql, 'unchanged');
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-09-10Z', 'MINING_EARN', 0, 2, 'WAIT_SETTLE')`;
  await close(SEPTEMBER);
  await sql`UPDATE pool.rewards SET status = 'SETTLED', settled_at = now() WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await earn(accountId, '2026-09-10Z', '2');
  expect([...(await changesOf(accountId))]).toEqual([]);
});

test('adjustments before a reopening are superseded', async () => {
  const accountId = await createLedgerAccount(sql, 'reopened');
  await earn(accountId, '2026-09-10Z', '1');
  await close(SEPTEMBER);
  await sql`UPDATE pool.earnings SET amount = 2 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await reopenMonth(sql, SEPTEMBER, { note: 'a mistake' });
  await sql`UPDATE pool.earnings SET amount = 3 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await close(SEPTEMBER);
  await sql`UPDATE pool.earnings SET amount = 4 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  expect((await changesOf(accountId)).map(({ change, superseded }) => ({ change, superseded }))).toEqual([
    { change: '1', superseded: true },
    { change: '1', superseded: false },
  ]);
});

test('closing twice is refused, and every record is kept', async () => {
  const [before] = await sql<{ closes: number }[]>`SELECT count(*)::int AS closes FROM sync.closes`;
  await closeMonth(sql, OCTOBER, { note: 'first', force: true });
  expect(await closeMonth(sql, OCTOBER, FORCED)).toEqual({
    outcome: 'refused',
    reasons: ['2026-10 is already closed.'],
  });
  const reopened = await reopenMonth(sql, OCTOBER, { note: 'second' });
  expect(await reopenMonth(sql, OCTOBER, { note: null })).toEqual({
    outcome: 'refused',
    reasons: ['2026-10 is not closed.'],
  });
  const records = (await readCloses(sql)).slice(before!.closes);
  expect(records.map(({ month, action, note }) => [month, action, note])).toEqual([
    ['2026-10', 'close', 'first'],
    ['2026-10', 'reopen', 'second'],
  ]);
  expect(records[0]!.instant < records[1]!.instant).toBe(true);
  expect(records[1]).toEqual(reopened.outcome === 'recorded' && reopened.record);
  await expect(sql`DELETE FROM sync.closes`).rejects.toThrow('Closes are only ever added.');
});
