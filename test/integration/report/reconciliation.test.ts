import fc from 'fast-check';
import postgres from 'postgres';
import { explainDifferences } from '../../../src/report/reconciliation/difference-clues';
import { closeMonth, readCloses } from '../../../src/report/months/closes';
import type { Month } from '../../../src/report/months/month';
import { readReconciliation } from '../../../src/report/reconciliation/reconciliation';
import { runCliInProcess } from '../../support/cli-in-process';
import { createSyncedPool } from '../../support/synced-pool';
import { createTestDatabase, useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps, puidOf } from './ledger-history';

/** KPOOL_TEST_RUNS plays more histories than a run of the suite does: each run draws others. */
const RUNS = Number(process.env['KPOOL_TEST_RUNS'] ?? 12);
let accounts = 0;

const database = useTestDatabase({ connections: 4 });
const { sql } = database;

/** Stores a total of sub-account 1. */
async function giveTotal(accountId: number, currency: string, amount: string): Promise<void> {
  await sql`
    INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
    VALUES (${puidOf(accountId, 1)}, ${currency}, sync.fix_ledger_instant(), ${amount}::numeric)`;
}

test('P1 a total is compared with the ledger as of its instant', async () => {
  await fc.assert(
    fc.asyncProperty(ledgerSteps, ledgerSteps, async (before, after) => {
      const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
      for (const step of before) await applyLedgerStep(sql, accountId, step);
      for (const currency of ['BTC', 'LTC', 'KAS']) await giveTotal(accountId, currency, '1.25');
      for (const step of after) await applyLedgerStep(sql, accountId, step);
      const wrong = await sql`
        WITH shown AS (
          SELECT currency, observed_at, earnings_settled AS es, earnings_pending AS ep, earnings_other AS eo,
                 rewards_settled AS rs, rewards_pending AS rp, rewards_other AS ro,
                 left_out_settled + left_out_pending + left_out_other AS lo
            FROM report.reconciliation WHERE puid = ${puidOf(accountId, 1)}
        )
        SELECT s.currency, s.es, s.ep, s.eo, s.rs, s.rp, s.ro, s.lo, k.*
          FROM shown s
         CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount) FILTER (WHERE stream = 'earnings' AND status = 'SETTLED'), 0) AS es,
                  coalesce(sum(amount) FILTER (WHERE stream = 'earnings' AND status = 'WAIT_SETTLE'), 0) AS ep,
                  coalesce(sum(amount) FILTER (WHERE stream = 'earnings' AND status = 'ODD'), 0) AS eo,
                  coalesce(sum(amount) FILTER (WHERE stream = 'rewards' AND status = 'SETTLED'), 0) AS rs,
                  coalesce(sum(amount) FILTER (WHERE stream = 'rewards' AND status = 'WAIT_SETTLE'), 0) AS rp,
                  coalesce(sum(amount) FILTER (WHERE stream = 'rewards' AND status = 'ODD'), 0) AS ro
             FROM report.income_as_of(s.observed_at) i
            WHERE i.puid = ${puidOf(accountId, 1)} AND i.currency = s.currency) AS k
         CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount), 0) AS rewards FROM pool.reward_revisions r
            WHERE r.puid = ${puidOf(accountId, 1)} AND r.currency = s.currency AND r.withdrawn_at IS NULL
              AND r.valid_from <= s.observed_at AND (r.valid_to IS NULL OR r.valid_to > s.observed_at)) AS a
         WHERE (s.es, s.ep, s.eo, s.rs, s.rp, s.ro, s.lo)
               IS DISTINCT FROM (k.es, k.ep, k.eo, k.rs, k.rp, k.ro, a.rewards - k.rs - k.rp - k.ro)`;
      expect([...wrong]).toEqual([]);
      const [count] = await sql<{ rows: number }[]>`
        SELECT count(*)::int AS rows FROM report.reconciliation WHERE puid = ${puidOf(accountId, 1)}`;
      expect(count).toEqual({ rows: 3 });
    }),
    { numRuns: RUNS },
  );
});

interface Case {
  readonly what: string;
  readonly total: string | null;
  readonly isRead?: boolean;
  readonly verdict: string;
  readonly definition?: string;
  readonly difference?: string | null;
}

/** Earnings: 1.00000000123 settled and 0.5 pending. Rewards: 0.25 settled, and 1 that repeats an earning. */
const CASES: readonly Case[] = [
  {
    what: 'all that is settled',
    total: '1.25000000123',
    verdict: 'matches',
    definition: 'settled',
    difference: '0',
  },
  {
    what: 'settled and pending',
    total: '1.75000000123',
    verdict: 'matches',
    definition: 'settled and pending',
  },
  { what: 'earnings alone', total: '1.00000000123', verdict: 'matches', definition: 'earnings, settled' },
  { what: 'the list of rewards alone', total: '1.25', verdict: 'matches', definition: 'rewards, settled' },
  {
    what: 'all that is settled, rounded to eight places',
    total: '1.25000000',
    verdict: 'matches',
    definition: 'rewards, settled',
  },
  { what: 'a satoshi too much', total: '1.25000002', verdict: 'differs', difference: '0.00000001877' },
  { what: 'a whole number', total: '1', verdict: 'differs', difference: '-0.25000000123' },
  {
    what: 'a total before all was read',
    total: '9',
    isRead: false,
    verdict: 'not comparable',
    difference: '7.74999999877',
  },
  { what: 'no total', total: null, verdict: 'not comparable', difference: null },
];

test.each(CASES)(
  'a pool total of $what: $verdict',
  async ({ total, verdict, isRead = true, ...expected }) => {
    const accountId = await createLedgerAccount(sql, `case ${accounts++}`);
    await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1.00000000123, 'SETTLED'),
           (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-02Z', 0, 0.5, 'WAIT_SETTLE')`;
    await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 'MINING_EARN', 0, 1, 'SETTLED'),
           (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 'REWARD_EARN', 0, 0.25, 'SETTLED')`;
    await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    VALUES ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', ${isRead}), ('rewards', ${puidOf(accountId, 1)}, 'SHA256d', true)`;
    if (total !== null) await giveTotal(accountId, 'BTC', total);
    const [row] = (await readReconciliation(sql)).filter(
      ({ account, subAccount }) => account === `case ${accounts - 1}` && subAccount !== null,
    );
    expect(row?.verdict).toBe(verdict);
    if (expected.definition !== undefined) expect(row?.definition).toBe(expected.definition);
    if (expected.difference !== undefined) expect(row?.difference).toBe(expected.difference);
  },
);

test('a total that the pool rounded matches to its last digit', async () => {
  const accountId = await createLedgerAccount(sql, 'digits');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 0.123456789, 'SETTLED')`;
  await giveTotal(accountId, 'BTC', '0.12345678');
  const [row] = (await readReconciliation(sql)).filter(
    ({ account, subAccount }) => account === 'digits' && subAccount !== null,
  );
  expect(row).toMatchObject({
    verdict: "matches to the pool's digits",
    definition: 'settled',
    difference: '-0.000000009',
  });
});

test('income that settled just before its total is explained', async () => {
  const accountId = await createLedgerAccount(sql, 'later');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'SETTLED'),
           (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-02Z', 0, 2, 'WAIT_SETTLE'),
           (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-03Z', 0, 4, 'WAIT_SETTLE')`;
  await giveTotal(accountId, 'BTC', '3');
  await sql`
    UPDATE pool.earnings
       SET status = 'SETTLED', settled_at = now() + CASE WHEN amount = 4 THEN interval '1 hour' ELSE interval '-1 hour' END
     WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId}) AND status = 'WAIT_SETTLE'`;
  const [row] = (await readReconciliation(sql)).filter(
    ({ account, subAccount }) => account === 'later' && subAccount !== null,
  );
  expect(row).toMatchObject({
    verdict: 'matches',
    definition: 'settled, of which we learned later',
    ledgerSettled: '1',
  });
});

test('an account’s total is compared with all its sub-accounts', async () => {
  const accountId = await createLedgerAccount(sql, 'whole');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'SETTLED'),
           (${puidOf(accountId, 2)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 0.000000000000000002, 'SETTLED'),
           (${puidOf(accountId, 2)}, 'SHA256d', 'LTC', '2026-10-01Z', 0, 7, 'SETTLED')`;
  await sql`
    INSERT INTO pool.account_income_samples (account_id, currency, observed_at, amount)
    VALUES (${accountId}, 'BTC', sync.fix_ledger_instant() - interval '1 day', 99),
           (${accountId}, 'BTC', sync.fix_ledger_instant(), 1.000000000000000002)`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-02Z', 0, 5, 'SETTLED')`;
  const rows = (await readReconciliation(sql)).filter(({ account }) => account === 'whole');
  expect(rows.filter(({ subAccount }) => subAccount === null)).toMatchObject([
    {
      currency: 'LTC',
      verdict: 'not comparable',
      reason: 'the pool has not given a total',
      ledgerSettled: '7',
    },
    { currency: 'BTC', verdict: 'matches', definition: 'settled', ledgerSettled: '1.000000000000000002' },
  ]);
  // The missing totals are reported for each sub-account.
  expect(rows.filter(({ subAccount }) => subAccount !== null).map(({ verdict }) => verdict)).toEqual(
    Array(3).fill('not comparable'),
  );
});

test('all totals of an account have to fit one definition', async () => {
  const accountId = await createLedgerAccount(sql, 'one definition');
  const puid = puidOf(accountId, 1);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, puid, 'SHA256d', true FROM unnest(ARRAY['earnings', 'rewards']) AS stream,
           unnest(ARRAY[${puid}, ${puidOf(accountId, 2)}]::bigint[]) AS puid`;
  for (const [currency, amount] of [
    ['BTC', '1'],
    ['LTC', '2'],
    ['KAS', '3'],
  ] as const) {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 0, ${amount}::text::numeric, 'SETTLED')`;
    await sql`
      INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 'MINING_EARN', 0, ${amount}::text::numeric, 'SETTLED'),
             (${puid}, 'SHA256d', ${currency}, '2026-10-02Z', 'FEE_RATE_EARN', 0, 0.25, 'SETTLED')`;
  }
  // This pool counts MINING_EARN beside the earnings. Its KAS lacks the subsidy, so that "settled" fits no better.
  await giveTotal(accountId, 'BTC', '2.25');
  await giveTotal(accountId, 'LTC', '4.25');
  await giveTotal(accountId, 'KAS', '6');
  const rows = (await explainDifferences(sql, await readReconciliation(sql))).filter(
    ({ account, subAccount }) => account === 'one definition' && subAccount !== null,
  );
  const definition = 'earnings and all rewards, settled';
  expect(rows.map(({ currency, ...row }) => [currency, row.verdict, row.definition, row.difference])).toEqual(
    [
      ['KAS', 'differs', null, '-0.25'],
      ['BTC', 'matches', definition, '0'],
      ['LTC', 'matches', definition, '0'],
    ],
  );
  expect(rows[0]!.reason).toBe(
    `compared with ${definition}, which fits 2 of 3 totals of the account; ` +
      'the difference equals one item: FEE_RATE_EARN of 2026-10-02, SETTLED; ' +
      `to re-read: kpool sync earnings rewards --verify --account one definition --puid ${puid}`,
  );
});

/** Creates a completely read account with earnings in three coins and their totals; that of KAS is explained. */
async function explainedKas(
  name: string,
  coins: readonly { currency: string; amounts: readonly string[]; pending: string | null; total: string }[],
  changeAfterwards?: (puid: number) => Promise<unknown>,
): Promise<string | null | undefined> {
  const accountId = await createLedgerAccount(sql, name);
  const puid = puidOf(accountId, 1);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, puid, 'SHA256d', true FROM unnest(ARRAY['earnings', 'rewards']) AS stream,
           unnest(ARRAY[${puid}, ${puidOf(accountId, 2)}]::bigint[]) AS puid`;
  for (const { currency, amounts, pending, total } of coins) {
    for (const [day, amount] of [...amounts, ...(pending === null ? [] : [pending])].entries())
      await sql`
        INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at)
        VALUES (${puid}, 'SHA256d', ${currency}, ${`2026-10-0${day + 1}Z`}::text::timestamptz, 0, ${amount}::text::numeric,
                ${day < amounts.length ? 'SETTLED' : 'WAIT_SETTLE'}, ${day < amounts.length ? '2026-10-05Z' : null}::text::timestamptz)`;
    await giveTotal(accountId, currency, total);
  }
  await changeAfterwards?.(puid);
  const rows = await explainDifferences(sql, await readReconciliation(sql));
  return rows.find(
    ({ account, subAccount, currency }) => account === name && subAccount !== null && currency === 'KAS',
  )?.reason;
}

test('a difference is explained by the ledger of its instant', async () => {
  const coins = ['BTC', 'LTC', 'KAS'].map((currency) => ({
    currency,
    amounts: ['4', '0.25'],
    pending: null,
    total: currency === 'KAS' ? '4' : '4.25',
  }));
  const reason = await explainedKas(
    'clue as of',
    coins,
    (puid) =>
      // The pool corrects the item after it gave the total.
      sql`UPDATE pool.earnings SET amount = 0.75 WHERE puid = ${puid} AND amount = 0.25`,
  );
  expect(reason).toContain('; the difference equals one item: an earning of 2026-10-02, SETTLED; to re-read');
});

test('a digit missing from settled and pending income is named', async () => {
  const coins = ['BTC', 'LTC', 'KAS'].map((currency) => ({
    currency,
    amounts: ['12'],
    pending: '0.34',
    total: currency === 'KAS' ? '12.4' : '12.34',
  }));
  expect(await explainedKas('clue of a digit', coins)).toContain(
    'settled and pending, which fits 2 of 3 totals of the account; the totals differ only by the digit 3 (12.4 and 12.34); to re-read',
  );
});

test('P11 each of many differences is explained', async () => {
  const accountId = await createLedgerAccount(sql, 'many');
  const puid = puidOf(accountId, 1);
  const coins = Array.from({ length: 60 }, (_, index) => `C${index + 10}`);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, puid, 'SHA256d', true FROM unnest(ARRAY['earnings', 'rewards']) AS stream,
           unnest(ARRAY[${puid}, ${puidOf(accountId, 2)}]::bigint[]) AS puid`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    SELECT ${puid}, 'SHA256d', coin, '2026-10-01Z'::timestamptz + n * interval '1 day', 0, n + 0.125, 'SETTLED'
      FROM unnest(${coins}::text[]) AS coin, generate_series(1, 3) AS n`;
  // Each total lacks one item, a different one for each coin.
  await sql`
    INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
    SELECT ${puid}, coin, sync.fix_ledger_instant(), 6.375 - (n % 3 + 1.125) FROM unnest(${coins}::text[]) WITH ORDINALITY AS c (coin, n)`;
  const rows = (await explainDifferences(sql, await readReconciliation(sql)))
    .filter(({ account, subAccount }) => account === 'many' && subAccount !== null)
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
  expect(rows.map(({ reason }) => /an earning of [-0-9]+/.exec(reason ?? '')?.[0])).toEqual(
    coins.map((_, index) => `an earning of 2026-10-0${((index + 1) % 3) + 2}`),
  );
});

test('a pool that counts merged mining beside earnings ties out', async () => {
  const accountId = await createLedgerAccount(sql, 'merged');
  const puid = puidOf(accountId, 1);
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'Scrypt', 'DOGE', '2026-10-01Z', 0, 25.458995, 'SETTLED')`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puid}, 'Scrypt', 'DOGE', '2026-10-01Z', 'MINING_EARN', 0, 25.458995, 'SETTLED'),
           (${puid}, 'Scrypt', 'DOGE', '2026-10-01Z', 'UNITE_COIN_EARN', 0, 0.000000000119, 'SETTLED')`;
  await giveTotal(accountId, 'DOGE', '25.458995000119');
  const rows = (await readReconciliation(sql)).filter(
    ({ account, subAccount }) => account === 'merged' && subAccount !== null,
  );
  expect(rows).toMatchObject([
    {
      verdict: 'matches',
      definition: 'settled',
      // Nothing is pending, and the list of rewards alone holds all of it.
      alsoFits: 'settled and pending; rewards, settled; rewards, settled and pending',
    },
  ]);
});

test('P11 a proven definition is expected from then on', async () => {
  const accountId = await createLedgerAccount(sql, 'proven');
  const puid = puidOf(accountId, 1);
  for (const stream of ['earnings', 'rewards'])
    await sql`INSERT INTO sync.cursors (stream, puid, algo, history_complete) VALUES (${stream}, ${puid}, 'SHA256d', true)`;
  for (const currency of ['BTC', 'LTC']) {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 0, 1, 'SETTLED'), (${puid}, 'SHA256d', ${currency}, '2026-10-02Z', 0, 2, 'WAIT_SETTLE')`;
    await sql`
      INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 'REWARD_EARN', 0, 10, 'SETTLED'),
             (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 'MINING_EARN', 0, 0.5, 'SETTLED')`;
  }
  const given = async (btc: string, ltc: string) => {
    await giveTotal(accountId, 'BTC', btc);
    await giveTotal(accountId, 'LTC', ltc);
    const rows = (await readReconciliation(sql)).filter(
      ({ account, subAccount }) => account === 'proven' && subAccount !== null,
    );
    return rows
      .sort((a, b) => (a.currency < b.currency ? -1 : 1))
      .map(({ verdict, definition, reason }) => [verdict, definition ?? reason]);
  };
  const keep = async () => {
    await sql`SELECT sync.keep_total_definition(${accountId}::smallint)`;
    return (
      await sql<{ definition: string }[]>`
        SELECT definition FROM sync.total_definitions WHERE account_id = ${accountId} ORDER BY since`
    ).map(({ definition }) => definition);
  };
  // If two definitions fit one total each, neither is proven.
  await given('11', '13');
  expect(await keep()).toEqual([]);
  expect(await given('13', '13')).toEqual([
    ['matches', 'settled and pending'],
    ['matches', 'settled and pending'],
  ]);
  expect(await keep()).toEqual(['settled and pending']);
  const since = new Date().toISOString().slice(0, 10);
  const expected = `compared with settled and pending, which the pool's totals of the account have counted since ${since}`;
  // Alone, the total of 11 would fit the simpler definition.
  expect(await given('11', '13.5')).toEqual([
    ['differs', expected],
    ['differs', expected],
  ]);
  expect(await keep()).toEqual(['settled and pending']);
  // All totals fit another definition now, which is reported and is a new proof.
  expect(await given('11', '11')).toEqual([
    ['differs', `${expected}; all of them now fit settled`],
    ['differs', `${expected}; all of them now fit settled`],
  ]);
  expect(await keep()).toEqual(['settled and pending', 'settled']);
  expect(await given('11', '11')).toEqual([
    ['matches', 'settled'],
    ['matches', 'settled'],
  ]);
  const { stdout } = await runCliInProcess(['reconcile'], {
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
  });
  expect(stdout).toContain(`The totals of proven count: settled (proven on ${since}, required since).`);
});

test('P11 a close says whether the month’s totals tie out', async () => {
  const other = await createTestDatabase();
  const own = postgres(other.url, { max: 2, onnotice: () => undefined });
  try {
    const accountId = await createLedgerAccount(own, 'main');
    const puid = puidOf(accountId, 1);
    for (const stream of ['earnings', 'rewards'])
      await own`INSERT INTO sync.cursors (stream, puid, algo, history_complete) VALUES (${stream}, ${puid}, 'SHA256d', true)`;
    await own`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', 'BTC', '2026-09-01Z', 0, 1.5, 'SETTLED'), (${puid}, 'SHA256d', 'KAS', '2026-10-01Z', 0, 2, 'SETTLED')`;
    for (const [currency, amount] of [
      ['BTC', '1.5'],
      ['KAS', '2.25'],
    ] as const)
      await own`
        INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
        VALUES (${puid}, ${currency}, sync.fix_ledger_instant(), ${amount}::text::numeric)`;
    const closed = async (month: string) => {
      const result = await closeMonth(own, month as Month, { note: null, force: true });
      return result.outcome === 'recorded' ? [result.differing, result.record.tieOut] : result;
    };
    // The differing coin has no income in September.
    expect(await closed('2026-09')).toEqual([
      0,
      "Ties out: 1 of the pool's 1 totals match (they count settled).",
    ]);
    expect(await closed('2026-10')).toEqual([
      1,
      "Does not tie out: 0 of the pool's 1 totals match, 1 differs. See kpool reconcile.",
    ]);
    expect(await closed('2026-08')).toEqual([0, 'Not compared: the pool has reported no totals for it.']);
    expect((await readCloses(own)).map(({ tieOut }) => tieOut?.slice(0, 4))).toEqual([
      'Ties',
      'Does',
      'Not ',
    ]);
  } finally {
    await own.end();
    await other.drop();
  }
});

test('the verdict names the days that are not certified', async () => {
  const accountId = await createLedgerAccount(sql, 'uncertified');
  await sql`UPDATE pool.sub_accounts SET default_algo = NULL WHERE account_id = ${accountId}`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'SETTLED')`;
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    VALUES ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', false), ('rewards', ${puidOf(accountId, 1)}, 'SHA256d', true)`;
  const window = (
    stream: string,
    from: string,
    to: string,
    verifiedAt: string | null,
    quarantined = 0,
  ) => sql`
    INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, row_count, quarantined_count, verified_at)
    VALUES (${stream}, ${puidOf(accountId, 1)}, 'SHA256d', ${from}::text::timestamptz, ${to}::text::timestamptz, 1, ${quarantined},
            ${verifiedAt}::text::timestamptz)`;
  await window('earnings', '2026-10-01Z', 'infinity', '2026-11-01Z');
  await window('earnings', '2026-08-01Z', '2026-09-01Z', '2026-11-01Z');
  await window('rewards', '2026-07-01Z', 'infinity', '2026-11-01Z', 2);
  const seen = async (): Promise<(string | null)[]> =>
    (await readReconciliation(sql))
      .filter(({ account }) => account === 'uncertified')
      .map(({ uncertified }) => uncertified);
  const days =
    'earnings SHA256d to 2026-07-31; earnings SHA256d from 2026-09-01 to 2026-09-30; ' +
    'rewards SHA256d from 2026-07-01 but for 2 rows';
  expect(await seen()).toEqual([`farm 1: ${days.replaceAll('; ', '; farm 1: ')}`, days]);
  await sql`UPDATE sync.windows SET quarantined_count = 0 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  await sql`UPDATE sync.cursors SET history_complete = true WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  expect(await seen()).toEqual([null, null]);
});

test('after a sync of everything, every total matches', async () => {
  const other = await createTestDatabase();
  const pool = await createSyncedPool({
    databaseUrl: other.url,
    simulator: {
      seed: 20_261_122,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      world: { accounts: 1, subAccountsPerAccount: 2, days: 200 },
    },
  });
  try {
    await pool.sync();
    await pool.sync({ streams: ['account-income', 'sub-account-income'] });
    const rows = await readReconciliation(pool.sql);
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.filter(({ subAccount }) => subAccount === null).length).toBeGreaterThan(0);
    expect(rows.filter(({ uncertified }) => uncertified !== null)).toEqual([]);
    expect(rows.filter(({ verdict }) => !verdict.startsWith('matches'))).toEqual([]);
  } finally {
    await pool.close();
    await other.drop();
  }
});
