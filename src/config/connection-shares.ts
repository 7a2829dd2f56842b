/** How one process divides the connections to the database that it may have (DATABASE_MAX_CONNECTIONS). */
export interface ConnectionShares {
  /** Of Prisma, for rows. */
  readonly rows: number;
  /** Of BullMQ; none where Redis holds the queue. */
  readonly queue: number;
}

/**
 * Sessions that every service has: the watch over the database, the rate limit, the scopes in hand, what is well, the claim
 * of the queue, one that comes and goes (the schedules, a migration); and two for the page.
 */
const FIXED = 8;
/** One of the queue listens for news all the time. */
const QUEUE = { least: 2, most: 4 };
/** What a process has in hand at once waits for the pool most of its time: more would rest. */
const ROWS = { least: 3, most: 10 };

/** A service works with as few. */
export const LEAST_CONNECTIONS = FIXED + QUEUE.least + ROWS.least;

export function shareConnections(most: number, isQueueInDatabase: boolean): ConnectionShares {
  const free = most - FIXED;
  const queue = isQueueInDatabase ? Math.min(QUEUE.most, Math.max(QUEUE.least, Math.floor(free / 4))) : 0;
  return { queue, rows: Math.min(ROWS.most, free - queue) };
}
