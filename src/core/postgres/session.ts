import {
  connectPostgres,
  END_TIMEOUT_S,
  silenceError,
  type PostgresConnection,
  type PostgresOptions,
} from './connection';

/** One parameter of a statement. Arrays and JSON are written as PostgreSQL reads them, as text. */
export type SqlValue = string | number | boolean | null;

/**
 * One connection to PostgreSQL, which ends as soon as anything fails: a statement, the connection, or an answer that
 * does not arrive in time.
 */
export interface PostgresSession {
  /**
   * Runs one statement, connecting first if necessary. Rejects with the error of the server or the socket, or with
   * `ETIMEDOUT` when the answer takes longer than `answerTimeoutMs`; then the session has ended.
   */
  query<Row extends object>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Never fails, and takes no longer than `END_TIMEOUT_S`. */
  close(): Promise<void>;
}

export interface PostgresSessionOptions extends PostgresOptions {
  /** For one statement, including the time to connect if it is the first. */
  readonly answerTimeoutMs: number;
}

/** For a session that holds locks: the server notices within a minute that our host is gone, and releases them. */
export const KEEPALIVE_SETTINGS = {
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/** Connects at the first query. */
export function openPostgresSession(options: PostgresSessionOptions): PostgresSession {
  const waiting = new Set<(error: Error) => void>();
  let resolveEnded: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (resolveEnded = resolve));
  let connection: PostgresConnection | null = null;
  let over: Error | null = null;

  const end = (reason: Error): void => {
    if (over !== null) return;
    over = reason;
    connection?.end(reason);
    for (const reject of waiting) reject(reason);
    resolveEnded();
  };
  const connect = (): PostgresConnection => {
    const made = connectPostgres(options);
    void made.ended.then(end);
    return made;
  };
  return {
    ended,
    async query<Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
      if (over !== null) throw over;
      const { sql, ready } = (connection ??= connect());
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
        const timer = setTimeout(() => fail(silenceError(options.answerTimeoutMs)), options.answerTimeoutMs);
        waiting.add(fail);
        ready
          .then(() => sql.unsafe<Row[]>(text, [...values], { prepare: true }))
          .then((rows) => {
            settle();
            resolve(rows);
          }, fail);
      });
    },
    async close() {
      if (over === null && connection !== null) {
        await connection.sql.end({ timeout: END_TIMEOUT_S }).catch(() => undefined);
      }
      end(new Error('The connection to the database was closed.'));
    },
  };
}
