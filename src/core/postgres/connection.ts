import type { Socket } from 'node:net';
import postgres from 'postgres';
import type { Secret } from '../secret';
import { postgresAddressOf } from './address';
import { prepareSession, type SessionSettings } from './session-settings';
import { dialPostgres } from './socket';

export interface PostgresOptions {
  readonly url: Secret;
  readonly applicationName: string;
  readonly settings?: SessionSettings;
  readonly onNotice?: (message: string) => void;
  /** Leaves the session's settings as they are. */
  readonly isBare?: boolean;
}

/** From dialling to a prepared session. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** An orderly end waits this long for statements in progress, then aborts them. */
export const END_TIMEOUT_S = 2;

/** One connection of postgres.js, which never opens a second one. */
export interface PostgresConnection {
  readonly sql: postgres.Sql;
  /** Resolves when the session is prepared; rejects with the error of the socket, the server or `prepareSession`. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<Error>;
  /** Ends it at once: pending queries fail with `reason`. */
  end(reason: Error): void;
}

/**
 * Connects, and prepares the session before any other statement. postgres.js 3.4 has no hook for preparing a new
 * connection, reconnects automatically, and is unreliable once a connection breaks: it may queue everything behind a
 * socket that was cut at the wrong moment and never write to it again (its issue 1208), reconnects without pause if a
 * proxy accepts and drops connections, and reconnects after it was ended. It therefore gets one socket, which we open.
 */
export function connectPostgres(options: PostgresOptions): PostgresConnection {
  const address = postgresAddressOf(options.url);
  const ending = new AbortController();
  let resolveEnded: (reason: Error) => void = () => undefined;
  const ended = new Promise<Error>((resolve) => (resolveEnded = resolve));
  let over: Error | null = null;
  let hasDialled = false;

  const end = (reason: Error): void => {
    if (over !== null) return;
    over = reason;
    ending.abort();
    // Rejects the driver's pending queries.
    sql.end({ timeout: 0 }).catch(() => undefined);
    resolveEnded(reason);
  };
  const driverOptions = {
    database: address.database,
    user: address.user,
    // Given an empty string, it would read PGPASSWORD.
    password: () => address.password?.reveal() ?? '',
    async socket(): Promise<Socket> {
      if (over !== null || hasDialled) throw over ?? new Error('The connection to the database has ended.');
      hasDialled = true;
      return dialPostgres(address, ending.signal, end);
    },
    max: 1,
    ssl: false,
    // Otherwise each new connection first queries array types, and if it breaks meanwhile, postgres.js rejects a
    // promise that nobody handles, which ends the process. Without it, arrays are sent and returned as text.
    fetch_types: false,
    // All time limits are ours.
    idle_timeout: 0,
    max_lifetime: 0,
    connect_timeout: 0,
    keep_alive: 0,
    onnotice: (notice: postgres.Notice) => options.onNotice?.(notice['message'] ?? ''),
    // A pooler refuses parameters that it does not know: the others are set by statements.
    connection: {
      ...(address.options === null ? {} : { options: address.options }),
      application_name: options.applicationName,
    },
  };
  const sql = postgres(driverOptions);
  const prepared =
    options.isBare === true
      ? sql.unsafe('SELECT 1').then(() => undefined)
      : prepareSession(async (script) => sql.unsafe(script).simple(), options.settings);
  // Whatever the driver reports, the first reason is the cause.
  const failed = ended.then((reason) => Promise.reject(reason));
  const ready = Promise.race([prepared, failed]).catch(async (error: unknown) => {
    end(error instanceof Error ? error : new Error(String(error)));
    throw await ended;
  });
  prepared.catch(() => undefined);
  failed.catch(() => undefined);
  return { sql, ready, ended, end };
}

/** The error for a connection that does not answer, with Node's code for it. */
export function silenceError(timeoutMs: number): Error {
  const message = `The database has not answered for ${timeoutMs / 1_000} s.`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
