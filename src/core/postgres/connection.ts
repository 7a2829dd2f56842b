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
  /** Leaves the session unchanged. */
  readonly isBare?: boolean;
}

/** One connection of postgres.js, and no second one. */
export interface PostgresConnection {
  readonly sql: postgres.Sql;
  /** Resolves when the session is ours; rejects with what the socket, the server or `prepareSession` says. */
  readonly ready: Promise<void>;
  /** Resolves when the connection is over, to the reason. */
  readonly ended: Promise<Error>;
  /** Ends it at once: pending queries fail with `reason`. */
  end(reason: Error): void;
}

/**
 * Connects, and prepares the session before anybody else's statement. postgres.js 3.4 has no hook for preparing a new
 * connection, reconnects automatically, and is not reliable after a connection broke: it may queue everything behind a
 * socket that was cut at the wrong moment and never write to it again (its issue 1208), connects without pause where a
 * proxy accepts and drops, and connects again after it was ended. So it gets one socket, ours.
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
    // An empty text would make it look at PGPASSWORD.
    password: () => address.password?.reveal() ?? '',
    async socket(): Promise<Socket> {
      if (over !== null || hasDialled) throw over ?? new Error('The connection to the database is over.');
      hasDialled = true;
      return dialPostgres(address, ending.signal, end);
    },
    max: 1,
    ssl: false,
    // With it, each new connection asks for the types of arrays first, and if it breaks meanwhile, postgres.js rejects a
    // promise that nobody holds, which ends the process. Without it, arrays go in and come out as text.
    fetch_types: false,
    // Every limit of time is ours.
    ...{ idle_timeout: 0, max_lifetime: 0, connect_timeout: 0, keep_alive: 0 },
    onnotice: (notice: postgres.Notice) => options.onNotice?.(notice['message'] ?? ''),
    // A pooler refuses any parameter here that it does not know: the rest is set by statements.
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
  // Whatever the driver makes of an end, the first reason is the cause.
  const failed = ended.then((reason) => Promise.reject(reason));
  const ready = Promise.race([prepared, failed]).catch(async (error: unknown) => {
    end(error instanceof Error ? error : new Error(String(error)));
    throw await ended;
  });
  prepared.catch(() => undefined);
  failed.catch(() => undefined);
  return { sql, ready, ended, end };
}

/** As Node calls a connection that does not answer. */
export function silenceError(timeoutMs: number): Error {
  const message = `The database has not answered for ${timeoutMs / 1_000} s.`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
