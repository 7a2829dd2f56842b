import type { Scope } from '../domain/scope';
import { Prisma } from './generated/client';

/** What `sync.*` tables hold where a stream has no algo. */
export const NO_ALGO = '';

/** `(stream, account_id, puid, algo)` of a scope: either the account or the sub-account is null. */
export function scopeValues({ stream, accountId, puid, algo }: Scope): Prisma.Sql {
  return Prisma.sql`${stream}, ${puid === null ? accountId : null}::smallint, ${puid}::bigint, ${algo ?? NO_ALGO}`;
}

/** `(stream, puid, algo)` of a scope of the ledger. */
export function ledgerScopeValues({ stream, puid, algo }: Scope): Prisma.Sql {
  return Prisma.sql`${stream}, ${puid}::bigint, ${algo}`;
}

/** The condition that a row of a `sync` table belongs to `scope`. */
export function isOfScope({ stream, accountId, puid, algo }: Scope): Prisma.Sql {
  return puid === null
    ? Prisma.sql`stream = ${stream} AND account_id = ${accountId}::smallint AND puid IS NULL`
    : Prisma.sql`stream = ${stream} AND puid = ${puid}::bigint AND algo = ${algo ?? NO_ALGO}`;
}

/** As `isOfScope`, for the typed client. */
export function cursorOf({ stream, accountId, puid, algo }: Scope): Prisma.CursorWhereInput {
  return puid === null ? { stream, accountId, puid } : { stream, puid, algo: algo ?? NO_ALGO };
}

/** The condition that row `t` of a ledger belongs to `scope`. */
export function isOfLedgerScope(scope: Scope): Prisma.Sql {
  return Prisma.sql`t.puid = ${scope.puid}::bigint AND t.algo = ${scope.algo}`;
}
