import { KpoolError } from '../errors';
import type { Secret } from '../secret';
import { postgresAddressOf } from './address';
import { connectPostgres, silenceError, type PostgresConnection } from './connection';

const APPLICATION_NAME = 'kpool check';
/** In which a session answers that is there already, or that has to be made. A pooler makes one after the other. */
const ANSWER_TIMEOUT_MS = 4_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_S = 1;
/** Enough to meet the connection that the first statement was lent, whatever others do with the pooler meanwhile. */
const MIN_OTHERS = 3;

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
const WHO = 'SELECT pg_backend_pid() AS pid';

/** As pgbouncer says it in pool_mode statement. */
const STATEMENT_MODE = 'statement pooling mode';

/**
 * Proves that each connection to the database has a session of its own, as many as `connections` at once. Throws
 * `database.refused` where a pooler lends one for a transaction or a statement: settings and locks would be lost, or
 * somebody else's. Rejects with what the server says where it cannot be reached.
 *
 * How: a server tells each connection the number of its process when it begins, and a pooler tells another, since it does
 * not know yet whose it will be. Behind a pooler, others open transactions of their own; then the first one asks again. In
 * a session of its own it is answered at once, by the process that it had, which serves nobody else.
 */
export async function requireOwnSessions(url: Secret, connections: number): Promise<void> {
  const { place } = postgresAddressOf(url);
  const connect = (): PostgresConnection =>
    connectPostgres({ url, applicationName: APPLICATION_NAME, isBare: true });
  const opened = [connect()];
  const [first] = opened as [PostgresConnection];
  try {
    const before = await within(CONNECT_TIMEOUT_MS, whoServes(first));
    if (before === null) throw silenceError(CONNECT_TIMEOUT_MS);
    if (before.served === before.announced) return;
    const others = Array.from({ length: Math.max(connections - 1, MIN_OTHERS) }, connect);
    opened.push(...others);
    const meetings = others.map(async (other) => within(CONNECT_TIMEOUT_MS, holdTransaction(other)));
    const isProof = (met: Meeting): boolean => met === 'refused' || met === before.served;
    const answered = 1 + (await countUnless(isProof, meetings));
    const after = Number.isNaN(answered) ? null : await within(ANSWER_TIMEOUT_MS, whoServes(first));
    if (after?.served !== before.served) {
      throw new KpoolError(
        'database.refused',
        `A pooler before PostgreSQL at ${place} lends connections by the transaction: locks and settings would be lost.`,
        {
          hint: 'Let DATABASE_URL go past it, or give kpool sessions of its own (pgbouncer: pool_mode = session).',
        },
      );
    }
    if (answered < connections) {
      throw new KpoolError(
        'database.refused',
        `The pooler before PostgreSQL at ${place} gives ${answered} of the ${connections} connections that this process may take.`,
        { hint: 'Let it give more (pgbouncer: default_pool_size), or lower DATABASE_MAX_CONNECTIONS.' },
      );
    }
  } finally {
    await Promise.all(opened.map(async ({ sql }) => sql.end({ timeout: CLOSE_TIMEOUT_S })));
  }
}

/** The server's process that answered, and the one that was announced when the connection was made. */
async function whoServes({ sql, ready }: PostgresConnection): Promise<{ served: number; announced: number }> {
  await ready;
  const rows = await sql.unsafe<{ pid: number }[]>(WHO);
  return { served: rows[0]?.pid ?? 0, announced: rows.state.pid };
}

/** The process that serves a transaction; null where none was to be had. */
type Meeting = number | 'refused' | null;

async function holdTransaction(connection: PostgresConnection): Promise<Meeting> {
  try {
    await connection.ready;
    await connection.sql.unsafe(BEGIN);
    return (await whoServes(connection)).served;
  } catch (error) {
    return error instanceof Error && error.message.includes(STATEMENT_MODE) ? 'refused' : null;
  }
}

/** How many were served, once all have answered; NaN as soon as one is a proof. */
async function countUnless(
  isProof: (met: Meeting) => boolean,
  meetings: readonly Promise<Meeting>[],
): Promise<number> {
  const proof = new Promise<number>((resolve) => {
    for (const meeting of meetings) void meeting.then((met) => (isProof(met) ? resolve(NaN) : undefined));
  });
  const all = Promise.all(meetings).then((met) => met.filter((each) => each !== null).length);
  return Promise.race([proof, all]);
}

/** Null when it takes too long. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
