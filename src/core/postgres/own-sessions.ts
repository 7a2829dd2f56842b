import { KpoolError } from '../errors';
import type { Secret } from '../secret';
import { postgresAddressOf } from './address';
import { CONNECT_TIMEOUT_MS, connectPostgres, silenceError, type PostgresConnection } from './connection';

const APPLICATION_NAME = 'kpool check';
/** Time for a session to answer, including the time to open it: a pooler opens one after another. */
const MEETING_ANSWER_TIMEOUT_MS = 4_000;
const TRIAL_CLOSE_TIMEOUT_S = 1;
/** Enough that the connection that served the first statement is among those lent, whatever other clients do. */
const MIN_OTHERS = 3;

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
const WHO = 'SELECT pg_backend_pid() AS pid';

/** Part of pgbouncer's message in pool_mode statement. */
const STATEMENT_MODE = 'statement pooling mode';

/**
 * Proves that each connection to the database has a session of its own, as many as `connections` at once. Throws
 * `database.refused` if a pooler lends sessions for a transaction or a statement: settings and locks would be lost, or
 * be those of another client. Rejects with the server's error if it cannot be reached.
 *
 * How: a server tells each new connection its process id; a pooler invents one, since it does not know yet which
 * process will serve the connection. To provoke a pooler, other connections open transactions, and then the first one
 * asks again. If it has a session of its own, the same process answers at once, and serves no other connection.
 */
export async function requireOwnSessions(url: Secret, connections: number): Promise<void> {
  const { place } = postgresAddressOf(url);
  const connect = (): PostgresConnection =>
    connectPostgres({ url, applicationName: APPLICATION_NAME, isBare: true });
  const opened = [connect()];
  const [first] = opened as [PostgresConnection];
  try {
    const before = await waitAtMost(CONNECT_TIMEOUT_MS, readServerProcess(first));
    if (before === null) throw silenceError(CONNECT_TIMEOUT_MS);
    if (before.served === before.announced) return;
    const others = Array.from({ length: Math.max(connections - 1, MIN_OTHERS) }, connect);
    opened.push(...others);
    const meetings = others.map(async (other) => waitAtMost(CONNECT_TIMEOUT_MS, holdTransaction(other)));
    const isProof = (met: ServingProcess): boolean => met === 'refused' || met === before.served;
    const answered = 1 + (await countUnless(isProof, meetings));
    const after = Number.isNaN(answered)
      ? null
      : await waitAtMost(MEETING_ANSWER_TIMEOUT_MS, readServerProcess(first));
    if (after?.served !== before.served) {
      throw new KpoolError(
        'database.refused',
        `A pooler in front of PostgreSQL at ${place} lends connections per transaction: locks and settings would be lost.`,
        {
          hint: 'Let DATABASE_URL bypass it, or give kpool sessions of its own (pgbouncer: pool_mode = session).',
        },
      );
    }
    if (answered < connections) {
      throw new KpoolError(
        'database.refused',
        `The pooler in front of PostgreSQL at ${place} gives ${answered} of the ${connections} connections that this process may take.`,
        { hint: 'Let it give more (pgbouncer: default_pool_size), or lower DATABASE_MAX_CONNECTIONS.' },
      );
    }
  } finally {
    await Promise.all(opened.map(async ({ sql }) => sql.end({ timeout: TRIAL_CLOSE_TIMEOUT_S })));
  }
}

/** The server process that answered, and the one that was announced when the connection was opened. */
async function readServerProcess({
  sql,
  ready,
}: PostgresConnection): Promise<{ served: number; announced: number }> {
  await ready;
  const rows = await sql.unsafe<{ pid: number }[]>(WHO);
  return { served: rows[0]?.pid ?? 0, announced: rows.state.pid };
}

/** The process that serves a transaction; null when there was none in time. */
type ServingProcess = number | 'refused' | null;

async function holdTransaction(connection: PostgresConnection): Promise<ServingProcess> {
  try {
    await connection.ready;
    await connection.sql.unsafe(BEGIN);
    return (await readServerProcess(connection)).served;
  } catch (error) {
    return error instanceof Error && error.message.includes(STATEMENT_MODE) ? 'refused' : null;
  }
}

/** How many were served, once all have answered; NaN as soon as one proves a pooler. */
async function countUnless(
  isProof: (met: ServingProcess) => boolean,
  meetings: readonly Promise<ServingProcess>[],
): Promise<number> {
  const proof = new Promise<number>((resolve) => {
    for (const meeting of meetings) void meeting.then((met) => (isProof(met) ? resolve(NaN) : undefined));
  });
  const all = Promise.all(meetings).then((met) => met.filter((each) => each !== null).length);
  return Promise.race([proof, all]);
}

/** Null when `work` takes longer than `ms`. */
async function waitAtMost<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
