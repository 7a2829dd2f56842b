import type { Sql } from 'postgres';
import { KpoolError } from '../core/errors';
import { instantText } from './ledger-instants';

/** One state of a row, and when it was known. Amounts are exact texts, instants ISO texts in UTC. */
interface ExplainedState {
  readonly change: string;
  readonly from: string;
  /** Null: this is the current state. */
  readonly to: string | null;
  readonly amount: string;
  readonly status: string;
  readonly settledAt: string | null;
  readonly hashRateHps: string | null;
  readonly isWithdrawn: boolean;
}

/** A certificate of a window that contains the row. */
interface ExplainedCertificate {
  readonly observedAt: string;
  /** When exactly the same rows were last read; null: other rows have been served since. */
  readonly verifiedAt: string | null;
  readonly rowsServed: number;
  readonly contentHash: string;
  readonly run: string | null;
}

interface ExplainedClose {
  readonly month: string;
  readonly action: string;
  readonly instant: string;
  /** The row's amount as of that instant; null: it was unknown or withdrawn. */
  readonly amount: string | null;
}

/** An exported file that contains the row. */
interface ExplainedExport {
  readonly file: string;
  readonly period: string;
  readonly basis: string;
  readonly asOf: string;
  /** The row's amount in the file; null: the file reports it as removed. */
  readonly amount: string | null;
  readonly sha256: string;
}

/** Everything known about a ledger row. */
export interface Explanation {
  readonly rowId: string;
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  readonly currency: string;
  readonly stream: 'earnings' | 'rewards';
  readonly type: string | null;
  readonly ordinal: number;
  readonly minedAt: string;
  /** Whether and how it counts, in words. */
  readonly counts: string;
  readonly extra: string | null;
  readonly value: string | null;
  readonly states: readonly ExplainedState[];
  /** The first and the latest stored. */
  readonly certificates: readonly ExplainedCertificate[];
  readonly closes: readonly ExplainedClose[];
  readonly exports: readonly ExplainedExport[];
}

interface Found extends Omit<Explanation, 'states' | 'certificates' | 'closes' | 'exports'> {
  readonly minedAtExact: string;
}

/** Explains a ledger row, including withdrawn and left-out ones. Throws `usage.invalid` for an unknown id. */
export async function explainRow(sql: Sql, rowId: string): Promise<Explanation> {
  const found = await findExplanation(sql, rowId);
  if (found !== null) return found;
  throw new KpoolError('usage.invalid', `There is no ledger row with the id ${rowId}.`, {
    hint: 'Take the row_id from an export or from report.income_ledger. Adjustments have ids of their own: see report.income_changes.',
  });
}

/** The same; null for an unknown id. */
export async function findExplanation(sql: Sql, rowId: string): Promise<Explanation | null> {
  const found = await findRow(sql, rowId);
  if (found === null) return null;
  const { minedAtExact, ...row } = found;
  const states = await readStates(sql, found);
  const [certificates, closes, exports] = await Promise.all([
    readCertificates(sql, found),
    readClosedAmounts(sql, minedAtExact, states),
    readExports(sql, found),
  ]);
  return { ...row, states, certificates, closes, exports };
}

/**
 * An id is a hash, so rows are hashed until one matches: the newest months first, since questions are about recent
 * figures, and withdrawn rows, which may be in no month, last. There is no index on ids, since every commit would have to
 * maintain it.
 */
async function findRow(sql: Sql, rowId: string): Promise<Found | null> {
  const columns = (type: ReturnType<Sql>) =>
    sql`${type} AS type, puid, algo, currency, mined_at, mining_date, ordinal, withdrawn_at, unserved_at, extra`;
  const rowsWhere = (condition: ReturnType<Sql>) => sql`
    (SELECT 'earnings' AS stream, ${columns(sql`NULL`)} FROM pool.earnings WHERE ${condition}
      UNION ALL
     SELECT 'rewards', ${columns(sql`type`)} FROM pool.rewards WHERE ${condition}
     OFFSET 0)`;
  const hasId = sql`sync.income_row_id(s.account_name, r.puid, r.algo, r.currency, r.stream, r.type, r.mined_at, r.ordinal) = ${rowId}`;
  const [row] = await sql<Found[]>`
    WITH found AS MATERIALIZED (
      (SELECT r.* FROM (SELECT m.puid, m.algo, m.currency, m.month, s.account_name
                          FROM sync.income_months m JOIN report.sub_accounts s USING (puid) ORDER BY m.month DESC OFFSET 0) AS s
        CROSS JOIN LATERAL ${rowsWhere(sql`
          puid = s.puid AND algo = s.algo AND currency = s.currency
          -- A month of any time zone.
          AND mined_at >= sync.start_of_day(s.month - 1, 'UTC')
          AND mined_at < sync.start_of_day((s.month + interval '1 month 1 day')::date, 'UTC')`)} AS r
        WHERE ${hasId})
      UNION ALL
      (SELECT r.* FROM ${rowsWhere(sql`withdrawn_at IS NOT NULL`)} AS r JOIN report.sub_accounts s USING (puid) WHERE ${hasId})
      LIMIT 1
    )
    SELECT ${rowId} AS "rowId", s.account_name AS account, s.sub_account AS "subAccount", r.puid::text AS puid, r.algo, r.currency,
           r.stream, r.type, r.ordinal, ${instantText(sql, sql`r.mined_at`)} AS "minedAt", r.mined_at::text AS "minedAtExact",
           CASE WHEN r.withdrawn_at IS NOT NULL THEN 'does not count: the pool withdrew it'
                WHEN i.source = 'left out' THEN concat('does not count: ', CASE i.repeats
                  WHEN 'type' THEN 'it is the mining income of that day again'
                  WHEN 'amount' THEN 'an earning of that day has the same amount'
                  ELSE 'earnings of that day include it, as the pool''s totals prove' END, ' (report.income_overlap)')
                WHEN r.unserved_at IS NOT NULL THEN 'counts as income; the pool no longer serves rows this old'
                ELSE 'counts as income' END AS counts,
           r.extra::text AS extra, concat_ws(' ', v.value_text, v.quote_currency) AS value
      FROM found r
      JOIN report.sub_accounts s ON s.puid = r.puid
      -- OFFSET 0 makes PostgreSQL look the item up instead of joining all items.
      LEFT JOIN LATERAL (
        SELECT i.source, i.repeats FROM sync.income_items i
         WHERE i.puid = r.puid AND i.algo = r.algo AND i.currency = r.currency AND i.mined_at = r.mined_at
           AND i.ordinal = r.ordinal AND i.type IS NOT DISTINCT FROM r.type AND i.mining_date = r.mining_date
        OFFSET 0) AS i ON true
      LEFT JOIN LATERAL (
        SELECT v.value_text, v.quote_currency FROM report.income_valued v
         WHERE v.puid = r.puid AND v.algo = r.algo AND v.currency = r.currency AND v.mined_at = r.mined_at
           AND v.ordinal = r.ordinal AND v.type IS NOT DISTINCT FROM r.type AND v.stream = r.stream AND v.value IS NOT NULL
        OFFSET 0) AS v ON true`;
  return row === undefined ? null : { ...row, value: row.value === '' ? null : row.value };
}

async function readStates(sql: Sql, row: Found): Promise<readonly ExplainedState[]> {
  const { puid, algo, currency, minedAtExact, ordinal, type } = row;
  const isReward = row.stream === 'rewards';
  return sql<ExplainedState[]>`
    SELECT change, ${instantText(sql, sql`valid_from`)} AS from, ${instantText(sql, sql`valid_to`)} AS to, trim_scale(amount)::text AS amount,
           status, ${instantText(sql, sql`settled_at`)} AS "settledAt", trim_scale(hash_rate_hps)::text AS "hashRateHps",
           withdrawn_at IS NOT NULL AS "isWithdrawn"
      FROM ${isReward ? sql`pool.reward_revisions` : sql`pool.earning_revisions`}
     WHERE puid = ${puid}::text::bigint AND algo = ${algo} AND currency = ${currency}
       AND mined_at = ${minedAtExact}::text::timestamptz AND ordinal = ${ordinal} ${isReward ? sql`AND type = ${type}` : sql``}
     ORDER BY valid_from`;
}

async function readCertificates(sql: Sql, row: Found): Promise<readonly ExplainedCertificate[]> {
  const { stream, puid, algo, minedAtExact } = row;
  const one = (order: ReturnType<Sql>) => sql`
    (SELECT c.certificate_id, ${instantText(sql, sql`c.observed_at`)} AS "observedAt", ${instantText(sql, sql`w.verified_at`)} AS "verifiedAt", c.rows_served AS "rowsServed", c.content_hash AS "contentHash",
            'run ' || c.run_id || coalesce(' (' || r.trigger || ', ' || r.outcome || ')', '') AS run
       FROM sync.certificates c LEFT JOIN sync.runs r ON r.run_id = c.run_id
       LEFT JOIN sync.windows w ON (w.stream, w.puid, w.algo, w.from_at) = (c.stream, c.puid, c.algo, c.from_at)
        AND (w.to_at, w.content_hash) = (c.to_at, c.content_hash)
      WHERE c.stream = ${stream} AND c.puid = ${puid}::text::bigint AND c.algo = ${algo}
        AND c.from_at <= ${minedAtExact}::text::timestamptz AND c.to_at > ${minedAtExact}::text::timestamptz
      ORDER BY c.certificate_id ${order} LIMIT 1)`;
  return sql<ExplainedCertificate[]>`
    SELECT "observedAt", "verifiedAt", "rowsServed", "contentHash", run
      FROM (${one(sql`ASC`)} UNION ${one(sql`DESC`)}) AS c ORDER BY certificate_id`;
}

/** Closes of the row's month, by mining or by payment, and its amount as of each. */
async function readClosedAmounts(
  sql: Sql,
  minedAtExact: string,
  states: readonly ExplainedState[],
): Promise<readonly ExplainedClose[]> {
  const instants = [
    minedAtExact,
    ...states.flatMap(({ settledAt }) => (settledAt === null ? [] : [settledAt])),
  ];
  const closes = await sql<Omit<ExplainedClose, 'amount'>[]>`
    SELECT to_char(c.month, 'YYYY-MM') AS month, c.action, ${instantText(sql, sql`c.instant`)} AS instant
      FROM sync.closes c CROSS JOIN sync.report_zone z
     WHERE c.month IN (SELECT sync.month_of(at::timestamptz, z.time_zone) FROM jsonb_array_elements_text(${JSON.stringify(instants)}::text::jsonb) AS at)
     ORDER BY c.close_id`;
  return closes.map((close) => ({ ...close, amount: amountAsOf(states, close.instant) }));
}

/**
 * Exports that contain the row, found by their bounds as in export/rows.ts, and by what each format leaves out: tax tools
 * a row that changes no amount, journals one without an amount (export/tax-tools.ts, export/booking.ts).
 */
async function readExports(sql: Sql, row: Found): Promise<readonly ExplainedExport[]> {
  const { account, puid, algo, currency, stream, type, minedAtExact, ordinal } = row;
  const stateAt = (instant: ReturnType<Sql>) => sql`
    LEFT JOIN LATERAL (
      SELECT i.amount, i.status, i.settled_at FROM report.income_as_of(${instant}) AS i
       WHERE i.puid = ${puid}::text::bigint AND i.algo = ${algo} AND i.currency = ${currency} AND i.stream = ${stream}
         AND i.type IS NOT DISTINCT FROM ${type} AND i.mined_at = ${minedAtExact}::text::timestamptz AND i.ordinal = ${ordinal}
         AND (e.basis = 'accrual' OR i.status = 'SETTLED')
         AND (e.from_at IS NULL OR CASE e.basis WHEN 'accrual' THEN i.mined_at ELSE coalesce(i.settled_at, i.mined_at) END >= e.from_at)
         AND (e.to_at IS NULL OR CASE e.basis WHEN 'accrual' THEN i.mined_at ELSE coalesce(i.settled_at, i.mined_at) END < e.to_at))`;
  return sql<ExplainedExport[]>`
    SELECT e.file_name AS file, e.period, e.basis, ${instantText(sql, sql`e.as_of`)} AS "asOf", trim_scale(n.amount)::text AS amount, e.sha256
      FROM book.exports e
      ${stateAt(sql`e.as_of`)} AS n ON true
      ${stateAt(sql`e.changes_since`)} AS o ON e.changes_since IS NOT NULL
     WHERE (e.account_name IS NULL OR e.account_name = ${account})
       AND CASE WHEN e.changes_since IS NULL THEN n.amount IS NOT NULL
                ELSE (n.amount, n.status, n.settled_at) IS DISTINCT FROM (o.amount, o.status, o.settled_at) END
       AND CASE WHEN e.format IN ('koinly', 'cointracker') THEN coalesce(n.amount, 0) <> coalesce(o.amount, 0)
                WHEN e.format = 'journal' THEN coalesce(n.amount, 0) <> 0 OR coalesce(o.amount, 0) <> 0
                ELSE true END
     ORDER BY e.export_id`;
}

/** All instants have the same text format, so they compare as texts. */
function amountAsOf(states: readonly ExplainedState[], instant: string): string | null {
  const state = states.find(({ from, to }) => from <= instant && (to === null || to > instant));
  return state === undefined || state.isWithdrawn ? null : state.amount;
}
