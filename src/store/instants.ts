// Raw SQL: the clock is a function of the database.
import type { Queryable } from './client';
import { guarded } from '../core/postgres/errors';
import { Prisma } from './generated/client';

/**
 * An instant as PostgreSQL reads it, exact to the millisecond. JavaScript's ISO 8601 puts a sign before years beyond
 * 9999, which PostgreSQL does not accept.
 */
export function pgInstant(atMs: number): string {
  if (atMs === Infinity) return 'infinity';
  return new Date(atMs).toISOString().replace(/^\+0*/, '');
}

export function pgInstantOrNull(atMs: number | null): string | null {
  return atMs === null ? null : pgInstant(atMs);
}

/** SQL for an instant in ms since the epoch, rounded down; NULL stays NULL. `extract` is exact, so a whole ms stays itself. */
export function epochMs(instant: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`floor(extract(epoch FROM ${instant}) * 1000)::bigint`;
}

/** The database's clock (`sync.now()`), ms since the epoch. */
export async function readNow(db: Pick<Queryable, '$queryRaw'>): Promise<number> {
  const [row] = await guarded(
    () => db.$queryRaw<{ now_ms: bigint }[]>`
      SELECT ${epochMs(Prisma.sql`sync.now()`)} AS now_ms`,
  );
  return Number(row?.now_ms);
}

/** The database's clock, truncated to the millisecond, for the typed client. */
export async function readInstant(db: Pick<Queryable, '$queryRaw'>): Promise<Date> {
  return new Date(await readNow(db));
}
