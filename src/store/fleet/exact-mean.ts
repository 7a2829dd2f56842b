import { Prisma } from '../generated/client';

/**
 * The mean of `count` values, to 6 decimals at any magnitude; NULL of none. PostgreSQL divides to 16 significant
 * digits or to the decimals of what is divided, whichever is more: so that is given 18, and the last of the 6 is right.
 */
export function exactMean(sum: Prisma.Sql, count: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`round((${sum} + 0.000000000000000000) / nullif(${count}, 0), 6)`;
}
