// Raw SQL: counts over bulk rows.
import { guarded } from '../../core/postgres/errors';
import type { PrismaClient } from '../generated/client';

/** Workers that the pool lists, and the disk space that their history takes now. */
export interface FleetOnDisk {
  readonly workers: number;
  readonly activeWorkers: number;
  /** Samples, hourly and daily figures with their indexes. */
  readonly usedBytes: number;
}

/** Over all accounts. Partitions and indexes are included. */
export async function readFleetOnDisk(client: PrismaClient): Promise<FleetOnDisk> {
  const [row] = await guarded(
    () => client.$queryRaw<{ workers: bigint; active: bigint; used: bigint }[]>`
      SELECT count(*) AS workers, count(*) FILTER (WHERE status = 'ACTIVE') AS active,
             (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
                FROM (SELECT relid FROM pg_partition_tree('pool.worker_sample_blocks')
                       UNION ALL VALUES ('pool.worker_hourly'::regclass), ('pool.worker_daily'::regclass)) AS t) AS used
        FROM pool.workers WHERE removed_at IS NULL`,
  );
  return {
    workers: Number(row?.workers),
    activeWorkers: Number(row?.active),
    usedBytes: Number(row?.used),
  };
}

/** Requests that one snapshot of an account's fleet takes: one per 100 workers, at least one per scope and status. */
export interface SnapshotRequests {
  readonly accountName: string;
  readonly workers: number;
  readonly requests: number;
}

/** By account, for those with listed workers. */
export async function readSnapshotRequests(client: PrismaClient): Promise<readonly SnapshotRequests[]> {
  const rows = await guarded(
    () => client.$queryRaw<{ account_name: string; workers: bigint; requests: bigint }[]>`
      SELECT a.account_name, coalesce(sum(n.workers), 0)::bigint AS workers,
             sum(greatest(1, ceil(n.workers / 100.0)))::bigint AS requests
        FROM pool.accounts a
        JOIN pool.sub_accounts s USING (account_id)
        JOIN (SELECT DISTINCT puid, algo FROM pool.workers WHERE removed_at IS NULL) AS scope USING (puid)
       CROSS JOIN unnest(ARRAY['ACTIVE', 'INACTIVE', 'INVALID']) AS state
       CROSS JOIN LATERAL (SELECT count(*) AS workers FROM pool.workers w
                            WHERE w.puid = scope.puid AND w.algo = scope.algo AND w.status = state AND w.removed_at IS NULL) AS n
       GROUP BY a.account_name ORDER BY a.account_name`,
  );
  return rows.map((row) => ({
    accountName: row.account_name,
    workers: Number(row.workers),
    requests: Number(row.requests),
  }));
}
