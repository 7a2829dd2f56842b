import type { MiningScope } from '../../domain/scope';
import { Prisma } from '../generated/client';

/** The workers of one sub-account and algorithm. */
export type FleetKey = Pick<MiningScope, 'accountId' | 'puid' | 'algo'>;

/** `(puid, algo)` as values. */
export function fleetValues(key: FleetKey): Prisma.Sql {
  return Prisma.sql`${key.puid}::bigint, ${key.algo}::text`;
}

/** The condition that row `t` of a table of workers belongs to `key`. */
export function isOfFleet(key: FleetKey): Prisma.Sql {
  return Prisma.sql`t.puid = ${key.puid}::bigint AND t.algo = ${key.algo}::text`;
}

/** A snapshot that is landing. */
export interface LandingSnapshot {
  readonly key: FleetKey;
  readonly snapshotId: bigint;
  /** `started_at` of the snapshot, for PostgreSQL. */
  readonly startedAt: string;
}
