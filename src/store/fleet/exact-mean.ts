import { Prisma } from '../generated/client';

/**
 * The mean of `count` values, to 6 decimals at any magnitude; NULL for none. PostgreSQL divides to 16 significant
 * digits or to the scale of the dividend, whichever is more: the dividend gets a scale of 18, so that all 6 decimals
 * are right.
 */
export function exactMean(sum: Prisma.Sql, count: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`round((${sum} + 0.000000000000000000) / nullif(${count}, 0), 6)`;
}
