// The configured database, embedded or not: opened, probed and ready for a process.
import type { Config } from '../config/config';
import { postgresAddressOf } from '../core/postgres/address';
import { classifyDatabaseError } from '../core/postgres/errors';
import { openPostgresSession, type PostgresSession } from '../core/postgres/session';
import type { Secret } from '../core/secret';
import { findServerWarning, findShortage, probeServer } from './server-requirements';

/** For a command: those that it reads with, and the one that holds the migration lock or paces requests. */
const COMMAND_CONNECTIONS = 3;
const WATCH_ANSWER_TIMEOUT_MS = 10_000;

/** A database that answers and that this user may use. */
export interface OpenDatabase {
  readonly url: Secret;
  /** Its kind and address in words, without the password. */
  readonly describe: string;
  /** How to open it with psql; null for a database that the user configured and therefore knows. */
  readonly psqlHint: string | null;
  /**
   * A connection that has just answered, for watching the database: the previous one, or a new one if that was lost.
   * Restarts an embedded server that died. Throws as `openDatabase` does.
   */
  connect(signal?: AbortSignal): Promise<PostgresSession>;
  /** A sentence about an untested kind of server that may still work; null for the tested kinds. */
  readonly warning: string | null;
  /** A sentence about why this process may run out of connections later; null if there are enough. */
  readonly shortage: string | null;
  /** Leaves the database; an embedded one stops with the last process that leaves. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  readonly log: (line: string) => void;
  /** How many connections the process may open at once; by default as many as a command that only reads. */
  readonly connections?: number;
  readonly signal?: AbortSignal;
}

/**
 * Opens the configured database: the one at DATABASE_URL, or an embedded PostgreSQL, which is started if necessary.
 * Throws `database.unreachable` (transient), `database.refused` (someone must change something), or what
 * `openEmbeddedPostgres` throws. No message contains the password.
 */
export async function openDatabase(
  config: Pick<Config, 'home' | 'database'>,
  options: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const given = config.database.url;
  if (given !== null) {
    const connections = options.connections ?? COMMAND_CONNECTIONS;
    const facts = await probeServer(given, connections);
    const { version, database, user } = facts;
    return {
      url: given,
      describe: `PostgreSQL ${version} at ${postgresAddressOf(given).place}, database ${database}, user ${user}`,
      psqlHint: null,
      warning: findServerWarning(facts),
      shortage: findShortage(facts, connections),
      ...watchable(given),
    };
  }
  const { openEmbeddedPostgres } = await import('../store/embedded/open');
  const embedded = await openEmbeddedPostgres({
    home: config.home,
    port: config.database.embeddedPort,
    log: options.log,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const connections = options.connections ?? COMMAND_CONNECTIONS;
    const facts = await probeServer(embedded.url, connections);
    return {
      ...embedded,
      describe: `embedded PostgreSQL ${facts.version} on 127.0.0.1:${embedded.port}, in ${config.home}`,
      warning: null,
      shortage: findShortage(facts, connections),
    };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

/** A server operated by others can only be reconnected to. */
function watchable(url: Secret): Pick<OpenDatabase, 'connect' | 'close'> {
  let session: PostgresSession | null = null;
  return {
    async connect() {
      const answers = await session?.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (session !== null && answers === true) return session;
      session = openPostgresSession({
        url,
        applicationName: 'kpool',
        answerTimeoutMs: WATCH_ANSWER_TIMEOUT_MS,
      });
      await session.query('SELECT 1').catch((error: unknown) => {
        throw classifyDatabaseError(error, postgresAddressOf(url).place);
      });
      return session;
    },
    async close() {
      await session?.close();
    },
  };
}
