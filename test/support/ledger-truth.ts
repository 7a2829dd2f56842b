import type postgres from 'postgres';
import type { SimIncome, SimScopeKey, Simulator } from '../../src/simulator';

type Stream = 'earnings' | 'rewards';

/** Every column that the pool serves, as text, of an earning or a reward. */
function lineOf(columns: Readonly<Record<string, string | null>>): string {
  return JSON.stringify(Object.entries(columns).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const UNIT_POWER: Readonly<Record<string, number>> = { H: 0, K: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** Moves the decimal point of a plain decimal text. Written again here, so that the program does not check itself. */
function shiftText(text: string, power: number): string {
  const sign = text.startsWith('-') ? '-' : '';
  const [integer = '', fraction = ''] = text.replace('-', '').split('.');
  const digits = integer + fraction.padEnd(power, '0');
  const point = integer.length + power;
  const whole = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const rest = digits.slice(point).replace(/0+$/, '');
  return sign + whole + (rest === '' ? '' : `.${rest}`);
}

function inHashesPerSecond(rate: string | null, unit: string | null): string | null {
  if (rate === null || unit === null) return null;
  const power = UNIT_POWER[unit.charAt(0).toUpperCase()];
  return power === undefined ? null : shiftText(rate, power);
}

/** A row of the pool as a line over every column. */
export function truthLineOf(row: SimIncome): string {
  return lineOf({
    account: row.scope.account,
    puid: String(row.scope.puid),
    algo: row.scope.algo,
    currency: row.currency,
    type: row.type,
    mined_at: String(row.minedAtMs),
    amount: row.amount,
    hash_rate_hps: inHashesPerSecond(row.hashRate, row.hashUnit),
    hash_unit: row.hashUnit,
    reject_rate: row.stream === 'earnings' ? row.rejectRate : null,
    status: row.status,
    settled_at: row.settledAtMs === null || row.settledAtMs === 0 ? null : String(row.settledAtMs),
    extra: row.extra,
  });
}

/** The live rows that the pool would serve, as a sorted list of lines over every column. */
export function truthOf(
  simulator: Simulator,
  stream: Stream,
  scopes: readonly SimScopeKey[] = simulator.world.scopes(),
): string[] {
  return scopes
    .flatMap((scope) => simulator.world[stream](scope))
    .map(truthLineOf)
    .sort();
}

/** The live rows that the database holds, of one sub-account if given, in the same form. */
export async function storedOf(sql: postgres.Sql, stream: Stream, puid?: bigint): Promise<string[]> {
  return readLines(
    sql,
    stream,
    sql`${sql(`pool.${stream}`)} l`,
    sql`withdrawn_at IS NULL ${puid === undefined ? sql`` : sql`AND puid = ${String(puid)}`}`,
  );
}

/** The live rows of one sub-account that the pool is believed to serve, in the same form. */
export async function servedOf(sql: postgres.Sql, stream: Stream, puid: bigint): Promise<string[]> {
  return readLines(
    sql,
    stream,
    sql`${sql(`pool.${stream}`)} l`,
    sql`withdrawn_at IS NULL AND unserved_at IS NULL AND puid = ${String(puid)}`,
  );
}

/** The rows of one sub-account that were live at an instant, from the revisions, in the same form. */
export async function knownAt(
  sql: postgres.Sql,
  stream: Stream,
  puid: bigint,
  instant: string,
): Promise<string[]> {
  return readLines(
    sql,
    stream,
    sql`${sql(`pool.${stream.slice(0, -1)}_revisions`)} l`,
    sql`withdrawn_at IS NULL AND puid = ${String(puid)} AND valid_from <= ${instant}::timestamptz
        AND (valid_to IS NULL OR valid_to > ${instant}::timestamptz)`,
  );
}

async function readLines(
  sql: postgres.Sql,
  stream: Stream,
  source: postgres.Fragment,
  condition: postgres.Fragment,
): Promise<string[]> {
  const ownColumns =
    stream === 'earnings'
      ? sql`NULL::text AS type, trim_scale(reject_rate)::text AS reject_rate`
      : sql`type, NULL::text AS reject_rate`;
  const rows = await sql<Record<string, string | null>[]>`
    SELECT a.account_name AS account, puid::text, algo, currency,
           (extract(epoch FROM mined_at) * 1000)::bigint::text AS mined_at, trim_scale(amount)::text AS amount,
           trim_scale(hash_rate_hps)::text AS hash_rate_hps, l.hash_unit, ${ownColumns}, l.status,
           (extract(epoch FROM settled_at) * 1000)::bigint::text AS settled_at, l.extra::text AS extra
      FROM ${source} JOIN pool.sub_accounts s USING (puid) JOIN pool.accounts a USING (account_id)
     WHERE ${condition}`;
  return rows.map((row) => lineOf({ ...row })).sort();
}

/** Lines that only one of the two lists has, for a readable failure; empty when they are equal as multisets. */
export function differenceOf(truth: readonly string[], stored: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of truth) counts.set(line, (counts.get(line) ?? 0) + 1);
  for (const line of stored) counts.set(line, (counts.get(line) ?? 0) - 1);
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(
      ([line, count]) =>
        `${count > 0 ? 'only at the pool' : 'only in the database'} × ${Math.abs(count)}: ${line}`,
    )
    .slice(0, 10);
}
