import type { Socket } from 'node:net';
import postgres from 'postgres';
import { parsePostgresAddress } from './postgres-address';
import { dialPostgres } from './postgres-socket';
import type { Secret } from './secret';

/** One parameter of a statement. Arrays and JSON are written as PostgreSQL reads them, as text. */
export type SqlValue = string | number | boolean | null;

/**
 * One connection to PostgreSQL, which is thrown away as a whole as soon as anything fails: a statement, an answer that
 * does not come, the connection. The driver, postgres.js 3.4, is not reliable after such an event: it may queue
 * everything behind a socket that was cut at the wrong moment and never write to it again (its issue 1208), connects
 * without pause where a proxy accepts and drops, and connects again after it was ended. So it gets one socket, ours,
 * and no second one.
 */
export interface PostgresSession {
  /**
   * Runs one statement, connecting first if need be. Rejects with what the server or the socket says, or with
   * `ETIMEDOUT` when the answer takes longer than `answerTimeoutMs`; the session is over then.
   */
  query<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Resolves when the connection is over, for whatever reason. */
  readonly ended: Promise<void>;
  /** Never fails, and takes no longer than 2 s. */
  close(): Promise<void>;
}

export interface PostgresSessionOptions {
  readonly url: Secret;
  readonly applicationName: string;
  /** For one statement, and for connecting where that comes first. */
  readonly answerTimeoutMs: number;
  /** Run-time parameters of the server, such as `statement_timeout`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const CLOSE_TIMEOUT_S = 2;

/** Connects at the first query. */
export function openPostgresSession(options: PostgresSessionOptions): PostgresSession {
  const address = parsePostgresAddress(options.url);
  const ending = new AbortController();
  const waiting = new Set<(error: Error) => void>();
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));
  let over: Error | null = null;
  let hasDialled = false;

  const end = (reason: Error): void => {
    if (over !== null) return;
    over = reason;
    ending.abort();
    for (const reject of waiting) reject(reason);
    // Rejects what the driver still has; nobody waits for it any more.
    sql.end({ timeout: 0 }).catch(() => undefined);
    resolveEnded();
  };
  const driverOptions = {
    ...(address.database === undefined ? {} : { database: address.database }),
    ...(address.user === undefined ? {} : { user: address.user }),
    ...(typeof address.password === 'string' ? { password: address.password } : {}),
    async socket(): Promise<Socket> {
      if (over !== null || hasDialled) throw over ?? new Error('The connection to the database is over.');
      hasDialled = true;
      return dialPostgres(address, ending.signal, end);
    },
    max: 1,
    ssl: false,
    // Not asked for: its question is the one that breaks the process when the connection breaks during it.
    fetch_types: false,
    // Every limit of time is ours.
    ...{ idle_timeout: 0, max_lifetime: 0, connect_timeout: 0, keep_alive: 0 },
    onnotice: () => undefined,
    connection: { ...options.settings, application_name: options.applicationName },
  };
  const sql = postgres(driverOptions);

  return {
    ended,
    async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
      if (over !== null) throw over;
      return new Promise<readonly Row[]>((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          waiting.delete(fail);
        };
        const fail = (error: Error): void => {
          settle();
          reject(error);
          end(error);
        };
        const timer = setTimeout(() => fail(silence(options.answerTimeoutMs)), options.answerTimeoutMs);
        waiting.add(fail);
        sql.unsafe<Row[]>(text, [...values], { prepare: true }).then((rows) => {
          settle();
          resolve(rows);
        }, fail);
      });
    },
    async close() {
      if (over === null && hasDialled) await sql.end({ timeout: CLOSE_TIMEOUT_S }).catch(() => undefined);
      end(new Error('The connection to the database was closed.'));
    },
  };
}

function silence(timeoutMs: number): Error {
  const message = `The database has not answered for ${timeoutMs / 1_000} s.`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' });
}
