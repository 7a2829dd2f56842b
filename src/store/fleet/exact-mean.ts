import { Prisma } from '../generated/client';

/**
 * The mean of `count` values, to 6 decimals at any magnitude; NULL for none. PostgreSQL divides to 16 significant
 * digits or to the scale of the dividend, whichever is more. A dividend of scale 18 makes all 6 decimals right.
 */
export function exactMean(sum: Prisma.Sql, count: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`round((${sum} + 0.000000000000000000) / nullif(${count}, 0), 6)`;
}
