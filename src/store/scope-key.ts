import type { AccountId, Puid } from '../domain/ids';
import type { Stream } from '../domain/streams';
import { Prisma } from './generated/client';

export interface ScopeKey {
  readonly stream: Stream;
  readonly accountId: AccountId;
  readonly puid: Puid | null;
  readonly algo: string | null;
}

/** What `sync.*` tables hold where a stream has no puid or no algo. */
export const NO_PUID = -1n;
export const NO_ALGO = '';

/** `(stream, account_id, puid, algo)` as values, for comparison with those columns. */
export function scopeValues(scope: ScopeKey): Prisma.Sql {
  return Prisma.sql`${scope.stream}, ${scope.accountId}::smallint, ${scope.puid ?? NO_PUID}::bigint, ${scope.algo ?? NO_ALGO}`;
}

/** The condition that a row of a `sync` table belongs to `scope`. */
export function isOfScope(scope: ScopeKey): Prisma.Sql {
  return Prisma.sql`(stream, account_id, puid, algo) = (${scopeValues(scope)})`;
}

/** The condition that row `t` of a ledger belongs to `scope`. */
export function isOfLedgerScope(scope: ScopeKey): Prisma.Sql {
  return Prisma.sql`t.account_id = ${scope.accountId}::smallint AND t.puid = ${scope.puid}::bigint AND t.algo = ${scope.algo}`;
}
