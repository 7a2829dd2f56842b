import type { Config } from '../config/config';
import { assert } from '../core/assert';
import { postgresAddressOf } from '../core/postgres/address';
import { classifyDatabaseError } from '../core/postgres/errors';
import { openPostgresSession, type PostgresSession } from '../core/postgres/session';
import { requireWritable } from '../core/postgres/session-settings';
import type { Secret } from '../core/secret';
import { openEmbeddedPostgres } from '../store/embedded/open';
import { requireUsable, type ServerFacts } from './server-requirements';

const ANSWER_TIMEOUT_MS = 10_000;

/** A database that answers, and that we may use. */
export interface OpenDatabase {
  readonly url: Secret;
  /** What and where it is, without a password: for people. */
  readonly describe: string;
  /** How to look into it with psql; null for a database that the user named and so knows. */
  readonly psqlHint: string | null;
  /**
   * A connection that has just answered, to watch the database by: the last one, or a new one when that was lost. An
   * embedded server that died is started again. Throws as `openDatabase` does.
   */
  connect(signal?: AbortSignal): Promise<PostgresSession>;
  /** Leaves it; an embedded one stops when the last process left. */
  close(): Promise<void>;
}

export interface OpenDatabaseOptions {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * The database of the configuration: the one at DATABASE_URL, or an embedded PostgreSQL that is started if need be.
 * Throws `database.unreachable` (may pass by itself), `database.refused` (a person must do something), or what
 * `openEmbeddedPostgres` throws; no message holds the password.
 */
export async function openDatabase(
  config: Pick<Config, 'home' | 'database'>,
  options: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const given = config.database.url;
  if (given !== null) {
    const { version, database, user } = await probe(given);
    const describe = `PostgreSQL ${version} at ${placeOf(given)}, database ${database}, user ${user}`;
    return { url: given, describe, psqlHint: null, ...watchable(given) };
  }
  const embedded = await openEmbeddedPostgres({
    home: config.home,
    port: config.database.embeddedPort,
    log: options.log,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const { version } = await probe(embedded.url);
    const describe = `embedded PostgreSQL ${version} on 127.0.0.1:${embedded.port}, in ${config.home}`;
    return { ...embedded, describe };
  } catch (error) {
    await embedded.close();
    throw error;
  }
}

/** A server that others run can only be asked again. */
function watchable(url: Secret): Pick<OpenDatabase, 'connect' | 'close'> {
  let session: PostgresSession | null = null;
  return {
    async connect() {
      const answers = await session?.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (session !== null && answers === true) return session;
      session = openPostgresSession({ url, applicationName: 'kpool', answerTimeoutMs: ANSWER_TIMEOUT_MS });
      await session.query('SELECT 1').catch((error: unknown) => {
        throw classifyDatabaseError(error, placeOf(url));
      });
      return session;
    },
    async close() {
      await session?.close();
    },
  };
}

/** What the server says about itself; proves that it answers. */
async function probe(url: Secret): Promise<ServerFacts> {
  const session = openPostgresSession({ url, applicationName: 'kpool', answerTimeoutMs: ANSWER_TIMEOUT_MS });
  try {
    const [facts] = await session.query<ServerFacts>(FACTS);
    assert(facts !== undefined, 'a SELECT without FROM has one row');
    requireUsable(facts, placeOf(url));
    await requireWritable((script) => session.query(script));
    return facts;
  } catch (error) {
    throw classifyDatabaseError(error, placeOf(url));
  } finally {
    await session.close();
  }
}

const FACTS = `
  SELECT current_setting('server_version_num')::int AS "versionNumber",
         split_part(current_setting('server_version'), ' ', 1) AS version,
         current_setting('server_encoding') AS encoding,
         pg_is_in_recovery() AS "isStandby",
         current_database() AS database,
         current_user AS user`;

function placeOf(url: Secret): string {
  return postgresAddressOf(url).place;
}
