// What a PostgreSQL server must be and offer before kpool uses it.
import { assert } from '../core/assert';
import { KpoolError } from '../core/errors';
import { postgresAddressOf } from '../core/postgres/address';
import { classifyDatabaseError } from '../core/postgres/errors';
import { requireOwnSessions } from '../core/postgres/own-sessions';
import { openPostgresSession } from '../core/postgres/session';
import { requireWritable } from '../core/postgres/session-settings';
import type { Secret } from '../core/secret';

const PROBE_ANSWER_TIMEOUT_MS = 10_000;

/** What a server reports about itself. */
export interface ServerFacts {
  /** As `server_version_num`: 150004 for 15.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly database: string;
  readonly user: string;
  readonly limits: readonly ConnectionLimit[];
}

export interface ConnectionLimit {
  /** What sets the limit, as a noun phrase that follows "the". */
  readonly name: string;
  readonly connections: number;
  /** Connections of others, including other kpool processes. */
  readonly taken: number;
}

/**
 * Asks the server what it is, and proves that it can serve a process with this many connections. Throws
 * `database.refused` when someone has to change something, or the classified failure to connect.
 */
export async function probeServer(url: Secret, connections: number): Promise<ServerFacts> {
  const { place } = postgresAddressOf(url);
  const session = openPostgresSession({
    url,
    applicationName: 'kpool',
    answerTimeoutMs: PROBE_ANSWER_TIMEOUT_MS,
  });
  try {
    await requireOwnSessions(url, connections);
    const [facts] = await session.query<ServerFacts>(FACTS);
    assert(facts !== undefined, 'a SELECT without FROM has one row');
    requireUsable(facts, place, connections);
    await requireWritable((script) => session.query(script));
    return facts;
  } catch (error) {
    throw classifyDatabaseError(error, place);
  } finally {
    await session.close();
  }
}

/** PostgreSQL's connection limits (server, ALTER ROLE, ALTER DATABASE), and how many connections are taken. */
const FACTS = `
  WITH sessions AS (
    SELECT usename, datname FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
  ), limits AS (
    SELECT 'max_connections of the server' AS name, count(*)::int AS taken,
           current_setting('max_connections')::int
             - CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN 0
                    ELSE current_setting('superuser_reserved_connections')::int
                           + coalesce(current_setting('reserved_connections', true), '0')::int END AS connections
      FROM sessions
     UNION ALL
    SELECT 'CONNECTION LIMIT of the role ' || rolname, (SELECT count(*)::int FROM sessions WHERE usename = rolname),
           rolconnlimit
      FROM pg_roles WHERE rolname = session_user AND rolconnlimit >= 0 AND NOT rolsuper
     UNION ALL
    SELECT 'CONNECTION LIMIT of the database ' || d.datname,
           (SELECT count(*)::int FROM sessions s WHERE s.datname = d.datname), d.datconnlimit
      FROM pg_database d, pg_roles r
     WHERE d.datname = current_database() AND d.datconnlimit >= 0 AND r.rolname = session_user AND NOT r.rolsuper
  )
  SELECT current_setting('server_version_num')::int AS "versionNumber",
         split_part(current_setting('server_version'), ' ', 1) AS version,
         current_setting('server_encoding') AS encoding,
         pg_is_in_recovery() AS "isStandby",
         current_database() AS database,
         current_user AS user,
         (SELECT json_agg(limits) FROM limits) AS limits`;

/** The oldest and the newest major version that the migrations are tested on. */
const OLDEST_VERSION = 140_000;
const NEWEST_MAJOR = 18;

/** Throws `database.refused` unless the server can hold our tables and serve a process. `place`: `host:port`. */
function requireUsable(facts: ServerFacts, place: string, connections: number): void {
  if (facts.versionNumber < OLDEST_VERSION) {
    throw databaseRefused(
      `The server at ${place} is PostgreSQL ${facts.version}.`,
      'kpool needs PostgreSQL 14 to 18.',
    );
  }
  if (facts.encoding !== 'UTF8') {
    throw databaseRefused(
      `The database ${facts.database} at ${place} is encoded in ${facts.encoding}.`,
      'Create one for kpool: CREATE DATABASE kpool ENCODING UTF8 TEMPLATE template0;',
    );
  }
  if (facts.isStandby) {
    throw databaseRefused(
      `The server at ${place} is a standby, which is read-only.`,
      'Put its primary into DATABASE_URL.',
    );
  }
  const limit = facts.limits.find((each) => each.connections < connections);
  if (limit !== undefined) {
    throw databaseRefused(
      `The ${limit.name} allows ${limit.connections} connections, and this process may take ${connections}.`,
      'Raise it, or lower DATABASE_MAX_CONNECTIONS.',
    );
  }
}

/** A sentence about an untested kind of server that may still work; otherwise null. */
export function findServerWarning({ versionNumber, version }: ServerFacts): string | null {
  return Math.floor(versionNumber / 10_000) <= NEWEST_MAJOR
    ? null
    : `PostgreSQL ${version} is newer than this version of kpool was tested with (14 to ${NEWEST_MAJOR}).`;
}

/** A sentence if fewer connections are free than a process may take; otherwise null. */
export function findShortage({ limits }: ServerFacts, connections: number): string | null {
  const limit = limits.find((each) => each.connections - each.taken < connections);
  if (limit === undefined) return null;
  const { name, taken } = limit;
  return `Of the ${limit.connections} connections that the ${name} allows, others hold ${taken}, and this process may take ${connections}.`;
}

function databaseRefused(message: string, hint: string): KpoolError {
  return new KpoolError('database.refused', message, { hint });
}
