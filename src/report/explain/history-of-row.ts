import type { Sql } from 'postgres';
import { instantText } from '../ledger-instants';
import type { ExplainedCertificate, ExplainedClose, ExplainedState } from './explanation';
import type { FoundRow } from './find-row';

export async function readStates(sql: Sql, row: FoundRow): Promise<readonly ExplainedState[]> {
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

export async function readCertificates(sql: Sql, row: FoundRow): Promise<readonly ExplainedCertificate[]> {
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
export async function readClosedAmounts(
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

/** All instants have the same text format, so they compare as texts. */
function amountAsOf(states: readonly ExplainedState[], instant: string): string | null {
  const state = states.find(({ from, to }) => from <= instant && (to === null || to > instant));
  return state === undefined || state.isWithdrawn ? null : state.amount;
}
