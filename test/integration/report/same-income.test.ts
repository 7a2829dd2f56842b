/** Merged mining beside an earning of another amount is income, unless the pool's totals prove that earnings hold it. */
import { findExplanation } from '../../../src/report/explain/explain-row';
import { closeMonth, reopenMonth } from '../../../src/report/months/closes';
import { findMonth } from '../../../src/report/months/month';
import { readReconciliation } from '../../../src/report/reconciliation/reconciliation';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

const SEPTEMBER = findMonth('2026-09')!;

const { sql } = useTestDatabase({ connections: 2 });
let accounts = 0;
let accountId: number;
let puid: number;

/**
 * An account, read whole: 2 BTC earned and listed as a reward again, 0.5 of merged mining beside that, 0.125 of an event, 4
 * pending; and merged mining of LTC alone.
 */
beforeEach(async () => {
  accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  puid = puidOf(accountId, 1);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, p, 'SHA256d', true
      FROM unnest(ARRAY['earnings', 'rewards']) AS stream, unnest(ARRAY[${puid}, ${puidOf(accountId, 2)}]::bigint[]) AS p`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-09-10Z', 0, 2, 'SETTLED'),
           (${puid}, 'SHA256d', 'BTC', '2026-10-09Z', 0, 4, 'WAIT_SETTLE')`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-09-10Z', 'UNITE_COIN_EARN', 0, 0.5, 'SETTLED'),
           (${puid}, 'SHA256d', 'BTC', '2026-09-10Z', 'MINING_EARN', 0, 1.9, 'SETTLED'),
           (${puid}, 'SHA256d', 'BTC', '2026-09-11Z', 'REWARD_EARN', 0, 0.125, 'SETTLED'),
           (${puid}, 'SHA256d', 'LTC', '2026-09-10Z', 'UNITE_COIN_EARN', 0, 7, 'SETTLED')`;
});

afterEach(() => reopenMonth(sql, SEPTEMBER, { note: null }));

/** Stores totals of sub-account 1 as the service does. */
async function giveTotals(btc: string, ltc: string): Promise<void> {
  for (const [currency, amount] of Object.entries({ BTC: btc, LTC: ltc }))
    await sql`
      INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
      VALUES (${puid}, ${currency}, sync.fix_ledger_instant(), ${amount}::text::numeric)`;
  await sql`SELECT sync.keep_total_definition(${accountId}::smallint)`;
}

const INSIDE = ['2.125', '7'] as const;
const BESIDE = ['2.625', '7'] as const;

async function settledBtc(): Promise<string> {
  const [row] = await sql<{ total: string }[]>`
    SELECT trim_scale(sum(settled))::text AS total FROM report.monthly_income WHERE puid = ${puid} AND currency = 'BTC'`;
  return row!.total;
}

async function settledBtcAsOf(instant: string): Promise<string> {
  const [row] = await sql<{ total: string }[]>`
    SELECT trim_scale(sum(amount))::text AS total FROM report.income_as_of(${instant}::text::timestamptz)
     WHERE puid = ${puid} AND currency = 'BTC' AND status = 'SETTLED'`;
  return row!.total;
}

async function fixInstant(): Promise<string> {
  const [row] = await sql<{ at: string }[]>`SELECT sync.fix_ledger_instant()::text AS at`;
  return row!.at;
}

async function overlap(): Promise<readonly unknown[]> {
  return sql`
    SELECT currency, left_out_amount::text AS amount, evidence FROM report.income_overlap WHERE puid = ${puid}`;
}

async function verdicts(): Promise<readonly string[]> {
  const rows = await readReconciliation(sql);
  return rows.filter((row) => row.puid === String(puid) && row.poolTotal !== null).map((row) => row.verdict);
}

test('P11 merged mining with another amount is income', async () => {
  await giveTotals(...BESIDE);
  expect(await settledBtc()).toBe('2.625');
  expect(await overlap()).toEqual([
    { currency: 'BTC', amount: '1.9', evidence: 'MINING_EARN: mining income of the same day' },
  ]);
  expect(await verdicts()).toEqual(['matches', 'matches']);
});

test('P11 totals can prove that earnings hold merged mining', async () => {
  await giveTotals(...INSIDE);
  expect(await settledBtc()).toBe('2.125');
  expect(await overlap()).toEqual([
    {
      currency: 'BTC',
      amount: '2.4',
      evidence:
        "MINING_EARN: mining income of the same day; UNITE_COIN_EARN: inside earnings by the definition of the pool's totals",
    },
  ]);
  const [merged] = await sql<{ id: string }[]>`
    SELECT sync.income_row_id(account_name, ${puid}, 'SHA256d', 'BTC', 'rewards', 'UNITE_COIN_EARN', '2026-09-10Z', 0) AS id
      FROM pool.accounts WHERE account_id = ${accountId}`;
  expect((await findExplanation(sql, merged!.id))?.counts).toContain("as the pool's totals prove");
  // Merged mining without an earning of its day is still income.
  const [ltc] =
    await sql`SELECT total_text FROM report.monthly_income WHERE puid = ${puid} AND currency = 'LTC'`;
  expect(ltc).toEqual({ total_text: '7' });
});

test('P11 a proof still holds after it was applied', async () => {
  await giveTotals(...INSIDE);
  const proofs = () => sql`SELECT definition FROM sync.total_definitions WHERE account_id = ${accountId}`;
  const before = await proofs();
  expect(before).toHaveLength(1);
  for (let round = 0; round < 3; round += 1) {
    await giveTotals(...INSIDE);
    expect(await settledBtc()).toBe('2.125');
    expect(await verdicts()).toEqual(['matches', 'matches']);
  }
  expect(await proofs()).toEqual(before);
  expect(await sql`SELECT valid_to FROM sync.same_income WHERE puid = ${puid}`).toEqual([{ valid_to: null }]);
});

test('P4 the ledger as of an earlier instant stays as it was', async () => {
  const unproven = await fixInstant();
  await giveTotals(...INSIDE);
  const proven = await fixInstant();
  expect([await settledBtcAsOf(unproven), await settledBtcAsOf(proven)]).toEqual(['2.625', '2.125']);
  await giveTotals(...BESIDE);
  expect(await settledBtc()).toBe('2.625');
  expect([await settledBtcAsOf(unproven), await settledBtcAsOf(proven)]).toEqual(['2.625', '2.125']);
});

test('P4 a proof after a close is booked as an adjustment', async () => {
  await closeMonth(sql, SEPTEMBER, { note: null, force: true });
  await giveTotals(...INSIDE);
  await giveTotals(...BESIDE);
  for (const view of ['income_changes', 'payment_changes']) {
    const changes = await sql`
      SELECT to_char(month, 'YYYY-MM') AS month, mining_date::text AS day, change_text AS change
        FROM report.${sql(view)} WHERE puid = ${puid} ORDER BY known_at`;
    expect([view, ...changes]).toEqual([
      view,
      { month: '2026-09', day: '2026-09-10', change: '-0.5' },
      { month: '2026-09', day: '2026-09-10', change: '0.5' },
    ]);
  }
});

test('P8 a proof affects only its own account', async () => {
  const first = puid;
  await giveTotals(...INSIDE);
  const other = await createLedgerAccount(sql, `account ${accounts++}`);
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(other, 1)}, 'SHA256d', 'BTC', '2026-09-10Z', 0, 2, 'SETTLED')`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puidOf(other, 1)}, 'SHA256d', 'BTC', '2026-09-10Z', 'UNITE_COIN_EARN', 0, 0.5, 'SETTLED')`;
  puid = puidOf(other, 1);
  expect(await settledBtc()).toBe('2.5');
  puid = first;
  // The proof applies to later rows, too.
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-09-12Z', 0, 1, 'SETTLED')`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-09-12Z', 'UNITE_COIN_EARN', 0, 0.25, 'SETTLED')`;
  expect(await settledBtc()).toBe('3.125');
});

test('P4 what counted as the same income stays on record', async () => {
  await giveTotals(...INSIDE);
  await expect(sql`DELETE FROM sync.same_income WHERE puid = ${puid}`).rejects.toThrow('stays on record');
  await expect(
    sql`UPDATE sync.same_income SET valid_from = valid_from - interval '1 day' WHERE puid = ${puid}`,
  ).rejects.toThrow('its end is set once');
});
