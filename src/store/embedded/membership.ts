import { MEMBERSHIP_LOCK } from '../../core/postgres/lock-numbers';
import { openPostgresSession, type PostgresSession } from '../../core/postgres/session';
import { Secret } from '../../core/secret';
import { OWNER } from './password-file';

/**
 * The database in which the lock is taken: only the owner may connect to it (cluster.ts), so no reader can hold the
 * lock.
 */
const LOCK_DATABASE = 'postgres';
const MEMBERSHIP_ANSWER_TIMEOUT_MS = 10_000;

/**
 * One process's use of the server: a connection that holds a shared advisory lock. PostgreSQL releases it however the
 * process dies.
 */
export interface Membership {
  readonly session: PostgresSession;
  /** Ends the use. True when it was the last one; then nobody can join until `session` is closed. */
  leave(): Promise<boolean>;
}

export function connectionUrl(port: number, password: string, database: string = OWNER): Secret {
  return new Secret(`postgres://${OWNER}:${password}@127.0.0.1:${port}/${database}`);
}

/** Null while the last user is about to stop the server. Rejects with the error of the server or the socket. */
export async function joinServer(port: number, password: string): Promise<Membership | null> {
  const session = openPostgresSession({
    url: connectionUrl(port, password, LOCK_DATABASE),
    applicationName: 'kpool',
    answerTimeoutMs: MEMBERSHIP_ANSWER_TIMEOUT_MS,
  });
  const ask = async (call: string): Promise<boolean> => {
    const [row] = await session.query<{ ok: boolean }>(`SELECT ${call}(${MEMBERSHIP_LOCK}) AS ok`);
    return row?.ok === true;
  };
  try {
    if (await ask('pg_try_advisory_lock_shared')) {
      return {
        session,
        async leave() {
          await ask('pg_advisory_unlock_shared');
          return ask('pg_try_advisory_lock');
        },
      };
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  await session.close();
  return null;
}
