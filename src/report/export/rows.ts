import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import { instantText } from '../ledger-instants';
import { countedAt, countsIn, type Selection } from './selection';

/** The amounts of a row, exact texts. */
export interface RowChange {
  /** `0` if removed; for an adjustment, the change. */
  readonly amount: string;
  /** Null: there was no such row before, or the export is a full one. */
  readonly previousAmount: string | null;
  /** The amount minus the previous one: what to book. */
  readonly delta: string;
}

/** An item of income, or an adjustment of a closed month. Instants are ISO texts in UTC, amounts exact texts. */
export interface ExportRow extends RowChange {
  readonly kind: 'income' | 'adjustment';
  /**
   * How it differs from `since`; null in a full export. `returned`: it did not count then, but may have been exported
   * earlier and withdrawn.
   */
  readonly change: 'new' | 'changed' | 'removed' | 'returned' | null;
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  readonly currency: string;
  readonly source: string;
  readonly type: string | null;
  readonly ordinal: number;
  /** The mining day in UTC. */
  readonly miningDate: string;
  readonly minedAt: string;
  readonly status: string;
  readonly previousStatus: string | null;
  readonly settledAt: string | null;
  /** When this state became known. */
  readonly knownSince: string;
  /** The closed month that is adjusted; null for income. */
  readonly adjusts: string | null;
  /** The price of one unit in the currency of the books, as known at the export's instant; null if there is none. */
  readonly price: string | null;
  readonly priceSource: string | null;
  /** The value of what is to be booked. */
  readonly value: string | null;
  /** The currency of the books; null: not set. */
  readonly quoteCurrency: string | null;
}

/** Rows fetched at a time. */
const BATCH = 1_000;

/** The selected rows, in batches, by the date on which they count, in a deterministic order; adjustments last. */
export async function* readRows(sql: Sql, selection: Selection): AsyncGenerator<readonly ExportRow[]> {
  const { since, period } = selection;
  const items = since === null ? allItems(sql, selection) : changedItems(sql, since, selection);
  yield* selectRows(sql, items, selection).cursor(BATCH);
  if (since === null && period.from !== null)
    yield* selectRows(sql, adjustments(sql, selection), selection).cursor(BATCH);
}

/**
 * The row's id: the same in every full export and from every database, so that tools can skip known rows. A correction (an
 * adjustment, or a row that an export of changes does not call new) has an id of its own.
 */
export function rowId(row: ExportRow): string {
  const { account, puid, algo, currency, source, type, ordinal, minedAt } = row;
  const key = [row.kind, account, puid, algo, currency, source, type, minedAt, ordinal];
  if (row.kind === 'adjustment' || (row.change !== null && row.change !== 'new')) {
    key.push(row.adjusts, row.change, row.knownSince);
    if (row.kind === 'adjustment' && row.settledAt !== null) key.push(row.settledAt);
  }
  return createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32);
}

/** Ledger items as of an instant that count in the period. */
function itemsAt(sql: Sql, instant: string, { period, basis, accountName }: Selection): ReturnType<Sql> {
  const at = (bound: string | null): ReturnType<Sql> | null =>
    bound === null ? null : sql`${bound}::text::timestamptz`;
  return sql`
    SELECT * FROM report.income_as_of(${instant}::text::timestamptz)
     WHERE ${countsIn(sql, basis, { from: at(period.from), to: at(period.to) })}
       ${accountName === null ? sql`` : sql`AND account_name = ${accountName}`}`;
}

function selectRows(sql: Sql, items: ReturnType<Sql>, { basis, asOf }: Selection) {
  return sql<ExportRow[]>`
    SELECT kind, change, account_name AS account, sub_account AS "subAccount", puid::text AS puid, algo, currency,
           items.source, type, ordinal, mining_date::text AS "miningDate", ${instantText(sql, sql`mined_at`)} AS "minedAt",
           trim_scale(amount)::text AS amount, trim_scale(previous_amount)::text AS "previousAmount",
           trim_scale(amount - coalesce(previous_amount, 0))::text AS delta, status,
           previous_status AS "previousStatus", ${instantText(sql, sql`settled_at`)} AS "settledAt",
           ${instantText(sql, sql`known_since`)} AS "knownSince", to_char(adjusts, 'YYYY-MM') AS adjusts,
           trim_scale(p.price)::text AS price, p.source AS "priceSource",
           trim_scale((amount - coalesce(previous_amount, 0)) * p.price)::text AS value, v.quote_currency AS "quoteCurrency"
      FROM (${items}) AS items
     CROSS JOIN sync.valuation v
      -- As in report.income_valued, but with the prices known at the instant; an adjustment is valued as settled
      -- income.
     CROSS JOIN LATERAL (
       SELECT sync.price_date(v.basis, CASE items.status WHEN 'ADJUSTMENT' THEN 'SETTLED' ELSE items.status END,
                              items.mined_at, items.settled_at, v.time_zone) AS day) AS d
      LEFT JOIN LATERAL (
        SELECT h.price, h.source FROM sync.price_history h
         WHERE h.currency = items.currency AND h.quote_currency = v.quote_currency AND h.price_date = d.day
           AND h.known_from <= ${asOf.instant}::text::timestamptz
           AND (h.known_to IS NULL OR h.known_to > ${asOf.instant}::text::timestamptz)
        OFFSET 0) AS h ON true
     CROSS JOIN LATERAL (
       SELECT sync.unit_price(items.currency, v.quote_currency, h.price) AS price,
              CASE WHEN items.currency = v.quote_currency THEN 'the currency of the books' ELSE h.source END AS source) AS p
     ORDER BY ${countedAt(sql, basis)}, mined_at, account_name COLLATE "C", puid, algo COLLATE "C", currency COLLATE "C",
              items.source COLLATE "C", type COLLATE "C" NULLS FIRST, ordinal, known_since, settled_at, adjusts`;
}

function allItems(sql: Sql, selection: Selection): ReturnType<Sql> {
  return sql`
    SELECT 'income' AS kind, NULL AS change, account_name, sub_account, puid, algo, currency, stream AS source, type, ordinal,
           mining_date, mined_at, amount, NULL::numeric AS previous_amount, status, NULL AS previous_status,
           settled_at, known_since, NULL::date AS adjusts
      FROM (${itemsAt(sql, selection.asOf.instant, selection)}) AS i`;
}

function changedItems(sql: Sql, since: string, selection: Selection): ReturnType<Sql> {
  const { instant } = selection.asOf;
  // An item that counts again may already be in an export before the last, under its usual id, and a tool that knows that id
  // would skip it.
  const wasKnown = (table: ReturnType<Sql>, sameType: ReturnType<Sql>) => sql`
    EXISTS (SELECT FROM ${table} r
             WHERE r.puid = n.puid AND r.algo = n.algo AND r.currency = n.currency
               AND r.mined_at = n.mined_at AND r.ordinal = n.ordinal ${sameType}
               AND r.valid_from <= ${since}::text::timestamptz AND r.withdrawn_at IS NULL
               ${selection.basis === 'cash' ? sql`AND r.status = 'SETTLED'` : sql``})`;
  const isBack = sql`
    CASE n.stream WHEN 'earnings' THEN ${wasKnown(sql`pool.earning_revisions`, sql``)}
                  ELSE ${wasKnown(sql`pool.reward_revisions`, sql`AND r.type = n.type`)} END`;
  return sql`
    SELECT 'income' AS kind,
           CASE WHEN n.puid IS NULL THEN 'removed' WHEN o.puid IS NOT NULL THEN 'changed'
                WHEN ${isBack} THEN 'returned' ELSE 'new' END AS change,
           coalesce(n.account_name, o.account_name) AS account_name,
           coalesce(n.sub_account, o.sub_account) AS sub_account, coalesce(n.puid, o.puid) AS puid,
           coalesce(n.algo, o.algo) AS algo, coalesce(n.currency, o.currency) AS currency,
           coalesce(n.stream, o.stream) AS source, coalesce(n.type, o.type) AS type,
           coalesce(n.ordinal, o.ordinal) AS ordinal, coalesce(n.mining_date, o.mining_date) AS mining_date,
           coalesce(n.mined_at, o.mined_at) AS mined_at, coalesce(n.amount, 0) AS amount,
           o.amount AS previous_amount, coalesce(n.status, o.status) AS status, o.status AS previous_status,
           CASE WHEN n.puid IS NULL THEN o.settled_at ELSE n.settled_at END AS settled_at,
           -- What left the selection did so by now; what came back may not have changed itself.
           CASE WHEN n.puid IS NULL OR (o.puid IS NULL AND n.known_since <= ${since}::text::timestamptz)
             THEN ${instant}::text::timestamptz ELSE n.known_since END AS known_since, NULL::date AS adjusts
      FROM (${itemsAt(sql, instant, selection)}) AS n
      FULL JOIN (${itemsAt(sql, since, selection)}) AS o
        ON n.puid = o.puid AND n.algo = o.algo AND n.currency = o.currency
       AND n.stream = o.stream AND coalesce(n.type, '') = coalesce(o.type, '') AND n.mined_at = o.mined_at
       AND n.ordinal = o.ordinal
     WHERE n.puid IS NULL OR o.puid IS NULL
        OR (n.amount, n.status, n.settled_at) IS DISTINCT FROM (o.amount, o.status, o.settled_at)`;
}

/**
 * Changes of months that were closed earlier, booked in this period because figures of a closed month no longer change.
 * On the cash basis each is dated by its payment.
 */
function adjustments(sql: Sql, { period, asOf, basis, accountName }: Selection): ReturnType<Sql> {
  const { from, to, timeZone } = period;
  const firstDay = (instant: string | null) =>
    sql`(${instant}::text::timestamptz AT TIME ZONE ${timeZone})::date`;
  const isCash = basis === 'cash';
  return sql`
    SELECT 'adjustment' AS kind, NULL AS change, account_name, sub_account, puid, algo, currency,
           'changes' AS source, NULL AS type, 0 AS ordinal, mining_date,
           mining_date::timestamp AT TIME ZONE 'UTC' AS mined_at, change AS amount, NULL::numeric AS previous_amount,
           'ADJUSTMENT' AS status, NULL AS previous_status,
           ${isCash ? sql`paid_date::timestamp AT TIME ZONE ${timeZone}` : sql`NULL::timestamptz`} AS settled_at,
           known_at AS known_since, month AS adjusts
      FROM ${isCash ? sql`report.payment_changes` : sql`report.income_changes`}
     WHERE booked_in >= ${firstDay(from)} AND booked_in < ${firstDay(to)} AND month < ${firstDay(from)}
       AND known_at <= ${asOf.instant}::text::timestamptz
       AND (superseded_at IS NULL OR superseded_at > ${asOf.instant}::text::timestamptz)
       ${accountName === null ? sql`` : sql`AND account_name = ${accountName}`}`;
}
