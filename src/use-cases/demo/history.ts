// A month of samples for the demo's machines, as if kpool had run that long.
import { millisecondsInDay, millisecondsInHour } from 'date-fns/constants';
import type { Sql } from 'postgres';
import { usePostgres } from '../../core/postgres/driver';
import type { Secret } from '../../core/secret';
import type { Simulator } from '../../simulator';
import { createStoreClient } from '../../store/client';
import { recomputeFleet } from '../../store/fleet/recompute';
import { INSERT_SAMPLE_BLOCKS } from '../../store/fleet/sample-blocks';
import { findTroubles, type WorkerTrouble } from './troubles';

const HISTORY_DAYS = 30;
/** Pages show this many days by hour. For older days, a snapshot every four hours gives the same picture. */
const HOURLY_DAYS = 8;
const SPARSE_HOURS = 4;
const APPLICATION = 'kpool demo';

interface DemoFleet {
  readonly puid: string;
  readonly algo: string;
}

/**
 * Gives the demo's machines the history that a service would have collected in a month: snapshots and samples of the
 * simulated machines, added up by the code that adds up real ones. The machines must have been synced once.
 */
export async function seedFleetHistory(
  databaseUrl: Secret,
  simulator: Simulator,
  nowMs: number,
): Promise<void> {
  const client = createStoreClient({ url: databaseUrl, maxConnections: 2, applicationName: APPLICATION });
  const span = { fromMs: nowMs - HISTORY_DAYS * millisecondsInDay, toMs: nowMs };
  try {
    await usePostgres({ url: databaseUrl, applicationName: APPLICATION }, async (sql) => {
      await sql`UPDATE pool.workers SET first_seen_at = ${new Date(span.fromMs)}`;
      await sql`UPDATE sync.worker_presence SET from_at = ${new Date(span.fromMs)}`;
      await sql`
      SELECT sync.ensure_worker_sample_partitions(sync.day_of(${new Date(span.fromMs)}, 'UTC'), sync.day_of(sync.now(), 'UTC') + 2)`;
      const fleets = await sql<
        DemoFleet[]
      >`SELECT DISTINCT puid::text AS puid, algo FROM pool.workers ORDER BY 1, 2`;
      const troubles = findTroubles(simulator, nowMs);
      for (const fleet of fleets) await addSnapshots(sql, simulator, fleet, troubles, nowMs);
    });
    await recomputeFleet(client, span);
  } finally {
    await client.$disconnect();
  }
}

function listInstantsBefore(nowMs: number): readonly number[] {
  const thisHour = Math.floor(nowMs / millisecondsInHour) * millisecondsInHour;
  return Array.from({ length: HISTORY_DAYS * 24 - 1 }, (_none, back) => back + 1)
    .filter((hours) => hours <= HOURLY_DAYS * 24 || hours % SPARSE_HOURS === 0)
    .map((hours) => thisHour - hours * millisecondsInHour + millisecondsInHour / 2)
    .reverse();
}

async function addSnapshots(
  sql: Sql,
  simulator: Simulator,
  fleet: DemoFleet,
  troubles: ReadonlyMap<string, WorkerTrouble>,
  nowMs: number,
): Promise<void> {
  const [account] = simulator.accounts;
  if (account === undefined) return;
  const key = { account: account.name, puid: BigInt(fleet.puid), algo: fleet.algo };
  const snapshots = listInstantsBefore(nowMs).map((atMs) => ({
    atMs,
    machines: readAt(simulator, key, troubles, atMs),
  }));
  await sql`
    INSERT INTO pool.worker_snapshots (puid, algo, started_at, completed_at, active_workers, inactive_workers, invalid_workers)
    SELECT ${fleet.puid}::text::bigint, ${fleet.algo}, s.at, s.at + interval '5 seconds', s.active, s.inactive, s.invalid
      FROM jsonb_to_recordset(${JSON.stringify(snapshots.map(countByStatus))}::text::jsonb)
             AS s (at timestamptz, active int, inactive int, invalid int)`;
  const samples = snapshots.flatMap(({ atMs, machines }) =>
    machines.map((machine) => ({ ...machine, at: new Date(atMs).toISOString() })),
  );
  await sql`
    WITH sampled AS (
      SELECT w.puid, w.algo, w.worker_id, s.at AS observed_at, s.real AS real_hash_rate_hps, s.hour AS hour_hash_rate_hps,
             s.day AS day_hash_rate_hps, s.rejects AS reject_rate, s.at AS last_share_at, s.status
        FROM jsonb_to_recordset(${JSON.stringify(samples)}::text::jsonb)
               AS s (id bigint, at timestamptz, "real" numeric, hour numeric, day numeric, rejects numeric, status text)
        JOIN pool.workers w ON w.puid = ${fleet.puid}::text::bigint AND w.algo = ${fleet.algo} AND w.worker_id = s.id
    )
    ${sql.unsafe(INSERT_SAMPLE_BLOCKS)}`;
}

type HourReading = ReturnType<typeof readAt>[number];

function countByStatus({
  atMs,
  machines,
}: {
  readonly atMs: number;
  readonly machines: readonly HourReading[];
}) {
  const count = (status: string): number => machines.filter((machine) => machine.status === status).length;
  return {
    at: new Date(atMs).toISOString(),
    active: count('ACTIVE'),
    inactive: count('INACTIVE'),
    invalid: count('INVALID'),
  };
}

function readAt(
  simulator: Simulator,
  key: Parameters<Simulator['world']['workersAt']>[0],
  troubles: ReadonlyMap<string, WorkerTrouble>,
  atMs: number,
) {
  return simulator.world.workersAt(key, atMs).map((worker) => {
    const trouble = troubles.get(String(worker.workerId));
    const seen = trouble !== undefined && atMs >= trouble.sinceMs ? { ...worker, ...trouble.change } : worker;
    return {
      id: String(worker.workerId),
      real: seen.realHashRate,
      hour: seen.hourHashRate,
      day: seen.dayHashRate,
      rejects: seen.rejectRate,
      status: seen.status,
    };
  });
}
