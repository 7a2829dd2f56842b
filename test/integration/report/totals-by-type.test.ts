import fc from 'fast-check';
import { readReconciliation } from '../../../src/report/reconciliation/reconciliation';
import { useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps, puidOf } from './ledger-history';

const RUNS = 12;
const COINS = ['BTC', 'LTC'] as const;
let accounts = 0;

const { sql } = useTestDatabase({ connections: 4 });

/** Stores totals of sub-account 1 as the service does. */
async function giveTotals(accountId: number, totals: Readonly<Record<string, string>>): Promise<void> {
  for (const [currency, amount] of Object.entries(totals))
    await sql`
      INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
      VALUES (${puidOf(accountId, 1)}, ${currency}, sync.fix_ledger_instant(), ${amount}::text::numeric)`;
  await sql`SELECT sync.keep_total_definition(${accountId}::smallint)`;
}

async function judged(account: string) {
  return (await readReconciliation(sql))
    .filter((row) => row.account === account && row.poolTotal !== null)
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

async function provenOf(accountId: number): Promise<readonly string[]> {
  const rows = await sql<{ definition: string }[]>`
    SELECT definition FROM sync.total_definitions WHERE account_id = ${accountId} ORDER BY since`;
  return rows.map(({ definition }) => definition);
}

interface Reward {
  readonly type: string;
  readonly amount: string;
  readonly status?: string;
}

/** Creates an account that was read completely, with 1 of each coin earned, 4 pending, and rewards of the first day. */
async function createAccount(
  name: string,
  rewards: Readonly<Record<string, readonly Reward[]>>,
): Promise<number> {
  const accountId = await createLedgerAccount(sql, name);
  const puid = puidOf(accountId, 1);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, puid, 'SHA256d', true FROM unnest(ARRAY['earnings', 'rewards']) AS stream,
           unnest(ARRAY[${puid}, ${puidOf(accountId, 2)}]::bigint[]) AS puid`;
  for (const [currency, items] of Object.entries(rewards)) {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z', 0, 1, 'SETTLED'), (${puid}, 'SHA256d', ${currency}, '2026-10-09Z', 0, 4, 'WAIT_SETTLE')`;
    for (const [day, { type, amount, status = 'SETTLED' }] of items.entries())
      await sql`
        INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
        VALUES (${puid}, 'SHA256d', ${currency}, '2026-10-01Z'::timestamptz + ${day} * interval '1 hour', ${type}, 0, ${amount}::text::numeric, ${status})`;
  }
  return accountId;
}

const EVENT: Reward = { type: 'REWARD_EARN', amount: '0.25' };
const SUBSIDY: Reward = { type: 'FEE_RATE_EARN', amount: '0.03' };
const RETROACTIVE: Reward = { type: 'HASH_RATE_EARN', amount: '0.02' };
const PENDING: Reward = { type: 'REWARD_EARN', amount: '7', status: 'WAIT_SETTLE' };
const REPEATED: Reward = { type: 'MINING_EARN', amount: '0.9' };
const MERGED: Reward = { type: 'UNITE_COIN_EARN', amount: '1' };

test.each([
  {
    what: 'leaves out one type',
    rewards: [EVENT, SUBSIDY, RETROACTIVE, PENDING, REPEATED],
    total: '1.05',
    definition: 'earnings and rewards without REWARD_EARN, settled',
  },
  {
    what: 'counts only one type',
    rewards: [EVENT, SUBSIDY, RETROACTIVE, PENDING, REPEATED],
    total: '0.25',
    definition: 'rewards of REWARD_EARN, settled',
  },
  {
    what: 'counts all rewards but MINING_EARN',
    rewards: [EVENT, PENDING, REPEATED, MERGED],
    total: '2.25',
    definition: 'earnings and all rewards without MINING_EARN, settled',
  },
  {
    what: 'counts pending income of some types',
    rewards: [EVENT, SUBSIDY, RETROACTIVE, PENDING],
    total: '12.27',
    definition: 'earnings and rewards without FEE_RATE_EARN, settled and pending',
  },
])('P11 a pool whose total $what ties out', async ({ what, rewards, total, definition }) => {
  const accountId = await createAccount(what, { BTC: rewards, LTC: rewards });
  await giveTotals(accountId, { BTC: total, LTC: total });
  const matching = { verdict: 'matches', definition, difference: '0' };
  expect(await judged(what)).toMatchObject([matching, matching]);
  expect(await provenOf(accountId)).toEqual([definition]);

  // Further totals are expected to count the same.
  const alike = { ...matching, alsoFits: null, provenOn: new Date().toISOString().slice(0, 10) };
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'LTC', '2026-10-02Z', 0, 0.5, 'SETTLED')`;
  expect(await judged(what)).toMatchObject([alike, alike]);
  await giveTotals(accountId, { LTC: '0.01' });
  const [btc, ltc] = await judged(what);
  expect(btc).toMatchObject(alike);
  expect(ltc).toMatchObject({ verdict: 'differs', definition: null });
  expect(ltc?.reason).toContain(
    `compared with ${definition}, which the pool's totals of the account have counted since`,
  );
  expect(await provenOf(accountId)).toEqual([definition]);
});

test('P11 of two fitting definitions by type, the simpler counts', async () => {
  const twin: Reward = { ...EVENT, type: 'NEW_EARN' };
  const accountId = await createAccount('two types', {
    BTC: [EVENT, twin, SUBSIDY],
    LTC: [EVENT, twin, SUBSIDY],
  });
  await giveTotals(accountId, { BTC: '1.28', LTC: '1.28' });
  const row = {
    verdict: 'matches',
    definition: 'earnings and rewards without NEW_EARN, settled',
    alsoFits: 'earnings and rewards without REWARD_EARN, settled',
    provenOn: null,
  };
  expect(await judged('two types')).toMatchObject([row, row]);
  expect(await provenOf(accountId)).toEqual([]);
});

test('P11 a single total proves no definition by type', async () => {
  const accountId = await createAccount('one total', { BTC: [EVENT, SUBSIDY] });
  await giveTotals(accountId, { BTC: '1.03' });
  expect(await judged('one total')).toMatchObject([{ verdict: 'differs' }]);
});

test('P11 coins do not get different definitions by type', async () => {
  const accountId = await createAccount('each coin', {
    BTC: [EVENT, SUBSIDY, PENDING],
    LTC: [EVENT, SUBSIDY, PENDING],
  });
  await giveTotals(accountId, { BTC: '1.03', LTC: '1.25' });
  expect((await judged('each coin')).map(({ verdict }) => verdict)).toEqual(['differs', 'differs']);
});

test('P1 the definition of any total is found, as of its instant', async () => {
  const types = fc.subarray(['MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'NEW_EARN']);
  const counts = fc.record({ types, hasEarnings: fc.boolean(), isPending: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(ledgerSteps, ledgerSteps, counts, async (before, after, { types: counted, ...does }) => {
      const name = `account ${accounts++}`;
      const accountId = await createLedgerAccount(sql, name);
      for (const step of before) await applyLedgerStep(sql, accountId, step);
      const rows = await sql<{ currency: string; total: string }[]>`
        SELECT c.currency, coalesce(sum(i.amount), 0)::text AS total
          FROM unnest(${[...COINS]}::text[]) AS c (currency)
          LEFT JOIN (SELECT puid, currency, amount, status FROM pool.earnings WHERE withdrawn_at IS NULL AND ${does.hasEarnings}
                      UNION ALL
                     SELECT puid, currency, amount, status FROM pool.rewards WHERE withdrawn_at IS NULL AND type = ANY (${counted}::text[])) AS i
            ON i.currency = c.currency AND i.puid = ${puidOf(accountId, 1)} AND (i.status = 'SETTLED' OR ${does.isPending})
         GROUP BY c.currency`;
      await giveTotals(accountId, Object.fromEntries(rows.map(({ currency, total }) => [currency, total])));
      for (const step of after) await applyLedgerStep(sql, accountId, step);
      // If all totals were 0, every definition would fit.
      fc.pre(rows.some(({ total }) => Number(total) !== 0));
      expect((await judged(name)).map(({ verdict }) => verdict)).toEqual(['matches', 'matches']);
    }),
    { numRuns: RUNS },
  );
});
