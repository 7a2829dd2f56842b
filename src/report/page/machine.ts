import type { Sql } from 'postgres';

export interface MachineKey {
  readonly puid: string;
  readonly algo: string;
  readonly workerId: string;
}

/** One mining machine. Rates in H/s. */
export interface Machine extends MachineKey {
  readonly account: string;
  readonly subAccount: string;
  readonly name: string;
  readonly status: string | null;
  readonly realHps: number | null;
  readonly hourHps: number | null;
  readonly dayHps: number | null;
  readonly usualHps: number | null;
  readonly uptime: number | null;
  readonly rejectRate: number | null;
  readonly lastShareAt: Date | null;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly removedAt: Date | null;
  /** Why it needs attention; null if it does not. */
  readonly reasons: string | null;
}

/** One hour of a machine; `hps`: mean while ACTIVE, H/s. */
export interface MachineHour {
  readonly at: Date;
  readonly hps: number | null;
  /** 0 to 1 */
  readonly uptime: number | null;
}

/** One UTC day of a machine; rates while ACTIVE, H/s. */
export interface MachineDay {
  readonly day: string;
  readonly hps: number | null;
  readonly lowestHps: number | null;
  readonly highestHps: number | null;
  readonly uptime: number | null;
  readonly rejectRate: number | null;
}

const HOURLY_SPAN = '7 days';
const MAX_DAYS_SHOWN = 90;

/** Also a machine that is no longer listed; null if there never was one with this key. */
export async function findMachine(sql: Sql, { puid, algo, workerId }: MachineKey): Promise<Machine | null> {
  const [machine] = await sql<Machine[]>`
    SELECT a.account_name AS account, a.sub_account AS "subAccount", w.puid::text AS puid, w.algo,
           w.worker_id::text AS "workerId", w.worker_name AS name, w.status, w.real_hash_rate_hps::float8 AS "realHps",
           w.hour_hash_rate_hps::float8 AS "hourHps", w.day_hash_rate_hps::float8 AS "dayHps",
           h.baseline_hash_rate_hps::float8 AS "usualHps", h.uptime::float8 AS uptime, w.reject_rate::float8 AS "rejectRate",
           w.last_share_at AS "lastShareAt", w.first_seen_at AS "firstSeenAt", w.last_seen_at AS "lastSeenAt",
           w.removed_at AS "removedAt",
           (SELECT t.reasons FROM report.worker_attention t
             WHERE t.puid = w.puid AND t.algo = w.algo AND t.worker_id = w.worker_id) AS reasons
      FROM pool.workers w
      JOIN report.sub_accounts a ON a.puid = w.puid
      LEFT JOIN report.worker_health h ON h.puid = w.puid AND h.algo = w.algo AND h.worker_id = w.worker_id
     WHERE w.puid = ${puid}::text::bigint AND w.algo = ${algo} AND w.worker_id = ${workerId}::text::bigint`;
  return machine ?? null;
}

/** The last 7 days, oldest first, without hours that had no snapshot. */
export async function readMachineHours(
  sql: Sql,
  { puid, algo, workerId }: MachineKey,
): Promise<readonly MachineHour[]> {
  return sql<MachineHour[]>`
    SELECT hour AS at, avg_real_hash_rate_hps::float8 AS hps,
           (active_samples::numeric / nullif(snapshots, 0))::float8 AS uptime
      FROM pool.worker_hourly
     WHERE puid = ${puid}::text::bigint AND algo = ${algo} AND worker_id = ${workerId}::text::bigint
       AND hour > sync.now() - ${HOURLY_SPAN}::text::interval
     ORDER BY hour`;
}

/** The last 90 days, oldest first, without days that had no snapshot. */
export async function readMachineDays(
  sql: Sql,
  { puid, algo, workerId }: MachineKey,
): Promise<readonly MachineDay[]> {
  return sql<MachineDay[]>`
    SELECT day::text AS day, avg_real_hash_rate_hps::float8 AS hps, min_real_hash_rate_hps::float8 AS "lowestHps",
           max_real_hash_rate_hps::float8 AS "highestHps",
           (active_samples::numeric / nullif(snapshots, 0))::float8 AS uptime, last_reject_rate::float8 AS "rejectRate"
      FROM pool.worker_daily
     WHERE puid = ${puid}::text::bigint AND algo = ${algo} AND worker_id = ${workerId}::text::bigint
       AND day > sync.day_of(sync.now(), 'UTC') - ${MAX_DAYS_SHOWN}::int
     ORDER BY day`;
}
