import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import fc from 'fast-check';
import type postgres from 'postgres';

type Source = 'earnings' | 'rewards';

interface Item {
  /** 1 or 2. */
  readonly subAccount: number;
  readonly algo: string;
  readonly currency: string;
  readonly day: number;
  readonly hour: number;
  readonly type: string;
  readonly amount: string;
  readonly status: string;
  readonly settledAfterHours: number | null;
}

/** One statement that changes the ledger as a commit would: many rows at once, none of them deleted. */
export type LedgerStep =
  | { readonly kind: 'appear'; readonly source: Source; readonly items: readonly Item[] }
  | { readonly kind: 'settle' | 'withdraw' | 'restore'; readonly source: Source; readonly day: number }
  | { readonly kind: 'amend'; readonly source: Source; readonly day: number; readonly amount: string }
  /** The pool's totals prove that merged mining is inside earnings, or disprove it. */
  | { readonly kind: 'merge'; readonly isSame: boolean };

const FIRST_DAY = Date.UTC(2026, 8, 28);
const DAYS = 5;
const SUB_ACCOUNTS = [1, 2];

/** Twenty digits, of which at most eighteen before the point: sums of all items fit into the pool's totals, too. */
const amount = fc
  .tuple(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 20n - 1n }), fc.integer({ min: 2, max: 18 }))
  .map(([digits, scale]) => `${digits}e-${scale}`);

const item: fc.Arbitrary<Item> = fc.record({
  subAccount: fc.constantFrom(...SUB_ACCOUNTS),
  algo: fc.constantFrom('SHA256d', 'Scrypt'),
  currency: fc.constantFrom('BTC', 'LTC'),
  day: fc.integer({ min: 0, max: DAYS - 1 }),
  hour: fc.constantFrom(0, 18, 23),
  type: fc.constantFrom('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'NEW_EARN'),
  amount,
  status: fc.constantFrom('SETTLED', 'SETTLED', 'WAIT_SETTLE', 'ODD'),
  settledAfterHours: fc.constantFrom(null, 1, 30, 24 * 40),
});

const source = fc.constantFrom<Source>('earnings', 'rewards');
const day = fc.integer({ min: 0, max: DAYS - 1 });

/** Histories of a ledger around the end of a month, in which both lists hold the same days. */
export const ledgerSteps: fc.Arbitrary<readonly LedgerStep[]> = fc
  .tuple(
    fc.record({
      kind: fc.constant('appear' as const),
      source,
      items: fc.array(item, { minLength: 4, maxLength: 12 }),
    }),
    fc.array(
      fc.oneof<fc.Arbitrary<LedgerStep>[]>(
        fc.record({
          kind: fc.constant('appear' as const),
          source,
          items: fc.array(item, { minLength: 1, maxLength: 6 }),
        }),
        fc.record({
          kind: fc.constantFrom('settle' as const, 'withdraw' as const, 'restore' as const),
          source,
          day,
        }),
        fc.record({ kind: fc.constant('amend' as const), source, day, amount }),
        fc.record({ kind: fc.constant('merge' as const), isSame: fc.boolean() }),
      ),
      { minLength: 1, maxLength: 8 },
    ),
  )
  .map(([first, rest]) => [first, ...rest]);

/** The id of an account's `n`-th sub-account: one in the whole pool. */
export function puidOf(accountId: number, n: number): number {
  return accountId * 10 + n;
}

/** Makes an account with two sub-accounts, farm 1 and farm 2; returns its id. */
export async function createLedgerAccount(sql: postgres.Sql, name: string): Promise<number> {
  const [account] = await sql<{ account_id: number }[]>`
    INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES (${name}, 'test') RETURNING account_id`;
  const accountId = account!.account_id;
  await sql`
    INSERT INTO pool.sub_accounts (account_id, puid, pname, default_algo)
    SELECT ${accountId}, ${puidOf(accountId, 0)} + n, 'farm ' || n, 'SHA256d' FROM unnest(${SUB_ACCOUNTS}::int[]) AS n`;
  return accountId;
}

/** Applies a step as one statement. */
export async function applyLedgerStep(sql: postgres.Sql, accountId: number, step: LedgerStep): Promise<void> {
  if (step.kind === 'merge') {
    await sql`SELECT sync.set_same_income(${accountId}::smallint, ${step.isSame})`;
    return;
  }
  const table = sql(`pool.${step.source}`);
  if (step.kind === 'appear') {
    await appear(sql, accountId, step.source, step.items);
    return;
  }
  const at = new Date(FIRST_DAY + step.day * 24 * HOUR_MS).toISOString().slice(0, 10);
  const rows = sql`puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId}) AND mining_date = ${at}::date`;
  switch (step.kind) {
    case 'settle':
      await sql`UPDATE ${table} SET status = 'SETTLED', settled_at = mined_at + interval '30 hours' WHERE ${rows} AND status <> 'SETTLED'`;
      return;
    case 'withdraw':
      await sql`UPDATE ${table} SET withdrawn_at = now() WHERE ${rows} AND withdrawn_at IS NULL`;
      return;
    case 'restore':
      await sql`UPDATE ${table} SET withdrawn_at = NULL WHERE ${rows}`;
      return;
    case 'amend':
      await sql`UPDATE ${table} SET amount = ${step.amount}::numeric WHERE ${rows} AND ordinal = 0`;
  }
}

async function appear(
  sql: postgres.Sql,
  accountId: number,
  source: Source,
  items: readonly Item[],
): Promise<void> {
  const rows = items.map((row) => {
    const minedAt = FIRST_DAY + (row.day * 24 + row.hour) * HOUR_MS;
    const settledAt =
      row.settledAfterHours === null ? null : new Date(minedAt + row.settledAfterHours * HOUR_MS);
    return { ...row, minedAt: new Date(minedAt).toISOString(), settledAt: settledAt?.toISOString() ?? null };
  });
  const isReward = source === 'rewards';
  const type = isReward ? sql`type, ` : sql``;
  // A row with the key of existing rows gets the next ordinal.
  await sql`
    INSERT INTO ${sql(`pool.${source}`)} (puid, algo, currency, mined_at, ${type} ordinal, amount, hash_rate_hps, status, settled_at)
    SELECT n.puid, n.algo, n.currency, n.mined_at, ${type}
           row_number() OVER (PARTITION BY n.puid, n.algo, n.currency, n.mined_at, n.type ORDER BY n.number) - 1
             + (SELECT count(*) FROM ${sql(`pool.${source}`)} t
                 WHERE t.puid = n.puid AND t.algo = n.algo AND t.currency = n.currency
                   AND t.mined_at = n.mined_at ${isReward ? sql`AND t.type = n.type` : sql``}),
           n.amount, 1000, n.status, n.settled_at
      FROM unnest(${rows.map((row) => puidOf(accountId, row.subAccount))}::bigint[], ${rows.map((row) => row.algo)}::text[],
                  ${rows.map((row) => row.currency)}::text[], ${rows.map((row) => row.minedAt)}::text[]::timestamptz[],
                  ${rows.map((row) => (isReward ? row.type : ''))}::text[], ${rows.map((row) => row.amount)}::numeric[],
                  ${rows.map((row) => row.status)}::text[], ${rows.map((row) => row.settledAt)}::text[]::timestamptz[])
           WITH ORDINALITY AS n (puid, algo, currency, mined_at, type, amount, status, settled_at, number)`;
}
