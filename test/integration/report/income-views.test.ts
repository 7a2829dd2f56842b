import { DAY_MS } from '../../../src/core/day';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let accountId: number;
let accounts = 0;

const { sql } = useTestDatabase({ connections: 2 });
beforeEach(async () => {
  accountId = await createLedgerAccount(sql, `account ${accounts++}`);
});

interface Row {
  readonly day: string;
  readonly amount: string;
  /** 1 or 2. */
  readonly subAccount?: number;
  readonly currency?: string;
  readonly status?: string;
  readonly settledAt?: string | null;
  readonly hashRateHps?: string | null;
  readonly ordinal?: number;
}

async function earn(row: Row): Promise<void> {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at, hash_rate_hps)
    VALUES (${puidOf(accountId, row.subAccount ?? 1)}, 'SHA256d', ${row.currency ?? 'BTC'}, ${`${row.day}T00:00:00Z`}, ${row.ordinal ?? 0},
            ${row.amount}, ${row.status ?? 'SETTLED'}, ${row.settledAt ?? null}, ${row.hashRateHps ?? null})`;
}

async function reward(type: string, row: Row): Promise<void> {
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status, settled_at)
    VALUES (${puidOf(accountId, row.subAccount ?? 1)}, 'SHA256d', ${row.currency ?? 'BTC'}, ${`${row.day}T18:00:00Z`}, ${type},
            ${row.ordinal ?? 0}, ${row.amount}, ${row.status ?? 'SETTLED'}, ${row.settledAt ?? null})`;
}

describe('the income ledger', () => {
  const ledger = async (): Promise<string[]> => {
    const rows = await sql<{ item: string }[]>`
      SELECT concat_ws(' ', mining_date, stream, type, currency, amount_text) AS item
        FROM report.income_ledger WHERE account_id = ${accountId} ORDER BY mined_at, stream, type, currency`;
    return rows.map(({ item }) => item);
  };

  test('counts a reward unless an earning holds its day', async () => {
    await earn({ day: '2026-10-01', amount: '1' });
    for (const type of [
      'MINING_EARN',
      'UNITE_COIN_EARN',
      'REWARD_EARN',
      'HASH_RATE_EARN',
      'FEE_RATE_EARN',
      'NEW_EARN',
    ])
      await reward(type, { day: '2026-10-01', amount: '1' });
    await reward('MINING_EARN', { day: '2026-10-02', amount: '2' });
    await reward('UNITE_COIN_EARN', { day: '2026-10-01', amount: '3', currency: 'NMC' });
    // Merged mining of the same coin and day with another amount is other income.
    await reward('UNITE_COIN_EARN', { day: '2026-10-01', amount: '0.000000000119', ordinal: 1 });
    expect(await ledger()).toEqual([
      '2026-10-01 earnings BTC 1',
      '2026-10-01 rewards FEE_RATE_EARN BTC 1',
      '2026-10-01 rewards HASH_RATE_EARN BTC 1',
      '2026-10-01 rewards NEW_EARN BTC 1',
      '2026-10-01 rewards REWARD_EARN BTC 1',
      '2026-10-01 rewards UNITE_COIN_EARN BTC 0.000000000119',
      '2026-10-01 rewards UNITE_COIN_EARN NMC 3',
      '2026-10-02 rewards MINING_EARN BTC 2',
    ]);
  });

  test('counts a reward again once its earning is withdrawn', async () => {
    await earn({ day: '2026-10-01', amount: '1' });
    await reward('MINING_EARN', { day: '2026-10-01', amount: '0.9' });
    await sql`UPDATE pool.earnings SET withdrawn_at = now() WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
    expect(await ledger()).toEqual(['2026-10-01 rewards MINING_EARN BTC 0.9']);
  });

  test('P1 shows amounts digit for digit, also as text', async () => {
    await earn({ day: '2026-10-01', amount: '99999999999999999999.000000000000000001' });
    await earn({ day: '2026-10-01', amount: '1.500000000000000000', ordinal: 1 });
    expect(await ledger()).toEqual([
      '2026-10-01 earnings BTC 99999999999999999999.000000000000000001',
      '2026-10-01 earnings BTC 1.5',
    ]);
    const [month] = await sql`SELECT total_text FROM report.monthly_income WHERE account_id = ${accountId}`;
    expect(month).toEqual({ total_text: '100000000000000000000.500000000000000001' });
  });
});

test('rewards left out are shown beside their earnings', async () => {
  await earn({ day: '2026-10-01', amount: '1' });
  await reward('MINING_EARN', { day: '2026-10-01', amount: '1' });
  await earn({ day: '2026-10-02', amount: '1', status: 'WAIT_SETTLE' });
  await reward('MINING_EARN', { day: '2026-10-02', amount: '0.4' });
  await reward('MINING_EARN', { day: '2026-10-02', amount: '0.5', ordinal: 1 });
  await reward('MINING_EARN', { day: '2026-10-03', amount: '7' });
  const rows = await sql`
    SELECT mining_date::text AS day, left_out_items::int AS items, difference_text AS difference, differs_in
      FROM report.income_overlap WHERE account_id = ${accountId} ORDER BY mining_date`;
  expect([...rows]).toEqual([
    { day: '2026-10-01', items: 1, difference: '0', differs_in: null },
    { day: '2026-10-02', items: 2, difference: '0.1', differs_in: 'amount and status' },
  ]);
});

test('merged mining is left out only if the amounts are equal', async () => {
  await earn({ day: '2026-10-01', amount: '25.458995' });
  await reward('UNITE_COIN_EARN', { day: '2026-10-01', amount: '0.000000000119' });
  await earn({ day: '2026-10-02', amount: '2.50' });
  await reward('UNITE_COIN_EARN', { day: '2026-10-02', amount: '2.5' });
  const overlap = await sql`
    SELECT mining_date::text AS day, evidence FROM report.income_overlap WHERE account_id = ${accountId}`;
  expect([...overlap]).toEqual([{ day: '2026-10-02', evidence: 'UNITE_COIN_EARN: the same amount' }]);
  const total = async () => {
    const [row] = await sql`SELECT total_text FROM report.monthly_income WHERE account_id = ${accountId}`;
    return row?.['total_text'] as unknown;
  };
  expect(await total()).toBe('27.958995000119');
  // Once the pool corrects the earning, the two are different income.
  await sql`UPDATE pool.earnings SET amount = 2.4 WHERE amount = 2.5 AND puid = ${puidOf(accountId, 1)}`;
  expect(await total()).toBe('30.358995000119');
});

test('accrual counts by mining day, cash by settle day', async () => {
  await earn({ day: '2026-09-30', amount: '1', settledAt: '2026-10-01T06:00:00Z' });
  await earn({ day: '2026-10-01', amount: '2', settledAt: null });
  await earn({ day: '2026-10-02', amount: '4', status: 'WAIT_SETTLE', settledAt: '2026-10-03T06:00:00Z' });
  const rows = await sql`
    SELECT to_char(month, 'YYYY-MM') AS month, settled_text AS settled, pending_text AS pending, total_text AS total,
           paid_text AS paid, settled_undated::text AS undated
      FROM report.monthly_income WHERE account_id = ${accountId} ORDER BY month`;
  expect([...rows]).toEqual([
    { month: '2026-09', settled: '1', pending: '0', total: '1', paid: '0', undated: '0' },
    { month: '2026-10', settled: '2', pending: '4', total: '6', paid: '1', undated: '2' },
  ]);
});

test('days with payments only do not lower the averages', async () => {
  await earn({ day: '2026-09-29', amount: '2', settledAt: '2026-10-01T06:00:00Z' });
  await earn({ day: '2026-09-30', amount: '4', settledAt: '2026-10-01T06:00:00Z' });
  for (const [relation, average] of [
    ['report.daily_income', '3'],
    ['report.monthly_income', '6'],
    ["report.daily_income_in('UTC')", '3'],
    ["report.monthly_income_in('Europe/Berlin')", '6'],
  ] as const) {
    const [row] = await sql.unsafe(`
      SELECT trim_scale(avg(total))::text AS average, trim_scale(sum(paid))::text AS paid
        FROM ${relation} WHERE account_id = ${accountId}`);
    expect([relation, row]).toEqual([relation, { average, paid: '6' }]);
  }
});

test('a coin of rewards uses the hashrate of the day', async () => {
  await earn({ day: '2026-10-01', amount: '1', hashRateHps: '2e15' });
  await reward('UNITE_COIN_EARN', { day: '2026-10-01', amount: '6', currency: 'NMC' });
  await reward('REWARD_EARN', { day: '2026-10-01', amount: '9', currency: 'NMC' });
  const efficiency = () => sql`
    SELECT currency, trim_scale(income_per_phs_day)::text AS own FROM report.income_efficiency
     WHERE account_id = ${accountId} ORDER BY currency`;
  expect([...(await efficiency())]).toEqual([
    { currency: 'BTC', own: '0.5' },
    { currency: 'NMC', own: '3' },
  ]);
  await sql`UPDATE pool.earnings SET hash_rate_hps = 3e15 WHERE puid = ${puidOf(accountId, 1)}`;
  expect((await efficiency())[1]).toEqual({ currency: 'NMC', own: '2' });
});

test('unsettled income is listed with its age', async () => {
  const day = new Date(Date.now() - 3 * DAY_MS).toISOString().slice(0, 10);
  await earn({ day, amount: '1', status: 'WAIT_SETTLE' });
  await earn({ day, amount: '2', status: 'HELD', currency: 'LTC' });
  await earn({ day, amount: '3', currency: 'KAS' });
  const rows = await sql`
    SELECT currency, status, age_days FROM report.unsettled_income WHERE account_id = ${accountId} ORDER BY currency`;
  expect([...rows]).toEqual([
    { currency: 'BTC', status: 'WAIT_SETTLE', age_days: 3 },
    { currency: 'LTC', status: 'HELD', age_days: 3 },
  ]);
});

test('days without an earning in a scope’s life are listed', async () => {
  const missing = async (): Promise<string[]> => {
    const rows = await sql<{ day: string }[]>`
      SELECT mining_date::text AS day FROM report.missing_days WHERE account_id = ${accountId} ORDER BY mining_date`;
    return rows.map(({ day }) => day);
  };
  await earn({ day: '2026-10-01', amount: '1' });
  await earn({ day: '2026-10-04', amount: '1' });
  await earn({ day: '2026-10-04', amount: '1', currency: 'LTC' });
  expect(await missing()).toEqual(['2026-10-02', '2026-10-03']);
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, last_share_at)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 1, 'm1', '2026-10-06T12:00:00Z')`;
  expect(await missing()).toEqual(['2026-10-02', '2026-10-03', '2026-10-05']);
});

test('half the expected income shows beside peers and the past', async () => {
  for (const day of ['2026-10-01', '2026-10-02']) {
    await earn({ day, amount: '2', subAccount: 1, hashRateHps: '1e15' });
    await earn({ day, amount: '6', subAccount: 2, hashRateHps: '3e15' });
  }
  await earn({ day: '2026-10-03', amount: '1', subAccount: 1, hashRateHps: '1e15' });
  await earn({ day: '2026-10-03', amount: '6', subAccount: 2, hashRateHps: '3e15' });
  const rows = await sql`
    SELECT trim_scale(income_per_phs_day)::text AS own, trim_scale(account_income_per_phs_day)::text AS account,
           against_account::text AS "againstAccount", against_trend::text AS "againstTrend"
      FROM report.income_efficiency WHERE puid = ${puidOf(accountId, 1)} ORDER BY mining_date`;
  expect([...rows]).toEqual([
    { own: '2', account: '2', againstAccount: '1.0000', againstTrend: null },
    { own: '2', account: '2', againstAccount: '1.0000', againstTrend: '1.0000' },
    { own: '1', account: '1.75', againstAccount: '0.5714', againstTrend: '0.5000' },
  ]);
});

test('the delay of settlement is shown by coin and month', async () => {
  await earn({ day: '2026-10-01', amount: '1', settledAt: '2026-10-02T00:00:00Z' });
  await earn({ day: '2026-10-02', amount: '1', settledAt: '2026-10-05T00:00:00Z' });
  await earn({ day: '2026-10-03', amount: '1', status: 'WAIT_SETTLE' });
  const rows = await sql`
    SELECT currency, settled_items::int AS settled, unsettled_items::int AS unsettled, mean_days::text AS mean,
           median_days::text AS median, p90_days::text AS p90, longest_days::text AS longest
      FROM report.settlement_delay WHERE account_id = ${accountId}`;
  expect([...rows]).toEqual([
    { currency: 'BTC', settled: 2, unsettled: 1, mean: '2.00', median: '1.00', p90: '3.00', longest: '3.00' },
  ]);
});
