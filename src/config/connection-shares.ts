/** How one process divides its database connections (DATABASE_MAX_CONNECTIONS). */
export interface ConnectionShares {
  /** Of Prisma, for rows. */
  readonly rows: number;
  /** Of BullMQ; none where Redis holds the queue. */
  readonly queue: number;
}

/**
 * Sessions that every service has: database watch, rate limit, scope locks, wellness, queue registration, one for
 * occasional work (schedules, a migration), and two for the page.
 */
const FIXED = 8;
/** One of the queue's connections only listens for notifications. */
const QUEUE = { least: 2, most: 4 };
/** Concurrent runs wait for the pool most of the time, so more connections would be idle. */
const ROWS = { least: 3, most: 10 };

/** The fewest connections that a service can work with. */
export const LEAST_CONNECTIONS = FIXED + QUEUE.least + ROWS.least;

export function shareConnections(most: number, isQueueInDatabase: boolean): ConnectionShares {
  const free = most - FIXED;
  const queue = isQueueInDatabase ? Math.min(QUEUE.most, Math.max(QUEUE.least, Math.floor(free / 4))) : 0;
  return { queue, rows: Math.min(ROWS.most, free - queue) };
}
