// Raw SQL: counts over bulk rows.
import { guarded } from '../../core/postgres/errors';
import type { PrismaClient } from '../generated/client';

/** Workers that the pool lists, and what their history takes on disk now. */
export interface FleetOnDisk {
  readonly workers: number;
  readonly activeWorkers: number;
  /** Samples, hourly and daily figures with their indexes. */
  readonly usedBytes: number;
}

export async function readFleetOnDisk(client: PrismaClient): Promise<FleetOnDisk> {
  const [row] = await guarded(
    () => client.$queryRaw<{ workers: bigint; active: bigint; used: bigint }[]>`
      SELECT count(*) AS workers, count(*) FILTER (WHERE status = 'ACTIVE') AS active,
             (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
                FROM (SELECT relid FROM pg_partition_tree('pool.worker_samples')
                       UNION ALL VALUES ('pool.worker_hourly'::regclass), ('pool.worker_daily'::regclass)) AS t) AS used
        FROM pool.workers WHERE removed_at IS NULL`,
  );
  return {
    workers: Number(row?.workers),
    activeWorkers: Number(row?.active),
    usedBytes: Number(row?.used),
  };
}
