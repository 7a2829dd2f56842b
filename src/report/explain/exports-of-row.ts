import type { Sql } from 'postgres';
import { FORMATS } from '../export/formats';
import type { ExportFormat } from '../export/manifest';
import type { RowChange } from '../export/rows';
import { countsIn, type Basis } from '../export/selection';
import { instantText } from '../ledger-instants';
import type { ExplainedExport } from './explanation';
import type { FoundRow } from './find-row';

interface RecordedExport extends ExplainedExport, Omit<RowChange, 'amount'> {
  readonly format: ExportFormat;
}

/** The recorded exports whose file holds the row. */
export async function readExports(sql: Sql, row: FoundRow): Promise<readonly ExplainedExport[]> {
  const exports = await sql<RecordedExport[]>`
    SELECT file, period, basis, "asOf", amount, sha256, format, "previousAmount", delta
      FROM (${selecting(sql, row, 'accrual')} UNION ALL ${selecting(sql, row, 'cash')}) AS e
     ORDER BY export_id`;
  return exports
    .filter(
      ({ format, ...change }) => !FORMATS[format].leavesOut({ ...change, amount: change.amount ?? '0' }),
    )
    .map(({ file, period, basis, asOf, amount, sha256 }) => ({ file, period, basis, asOf, amount, sha256 }));
}

/** Exports by a basis that select the row: all that count in the period, or only those that differ from an earlier export. */
function selecting(sql: Sql, row: FoundRow, basis: Basis): ReturnType<Sql> {
  const { account, puid, algo, currency, stream, type, minedAtExact, ordinal } = row;
  const stateAt = (instant: ReturnType<Sql>) => sql`
    LEFT JOIN LATERAL (
      SELECT amount, status, settled_at FROM report.income_as_of(${instant})
       WHERE puid = ${puid}::text::bigint AND algo = ${algo} AND currency = ${currency} AND stream = ${stream}
         AND type IS NOT DISTINCT FROM ${type} AND mined_at = ${minedAtExact}::text::timestamptz AND ordinal = ${ordinal}
         AND ${countsIn(sql, basis, {
           from: sql`coalesce(x.from_at, '-infinity')`,
           to: sql`coalesce(x.to_at, 'infinity')`,
         })})`;
  return sql`
    SELECT x.export_id, x.file_name AS file, x.period, x.basis, ${instantText(sql, sql`x.as_of`)} AS "asOf",
           x.sha256, x.format, trim_scale(n.amount)::text AS amount, trim_scale(o.amount)::text AS "previousAmount",
           trim_scale(coalesce(n.amount, 0) - coalesce(o.amount, 0))::text AS delta
      FROM book.exports x
      ${stateAt(sql`x.as_of`)} AS n ON true
      ${stateAt(sql`x.changes_since`)} AS o ON x.changes_since IS NOT NULL
     WHERE x.basis = ${basis} AND (x.account_name IS NULL OR x.account_name = ${account})
       AND CASE WHEN x.changes_since IS NULL THEN n.amount IS NOT NULL
                ELSE (n.amount, n.status, n.settled_at) IS DISTINCT FROM (o.amount, o.status, o.settled_at) END`;
}
