import type postgres from 'postgres';
import { postgresAddressOf } from './address';
import {
  CONNECT_TIMEOUT_MS,
  connectPostgres,
  END_TIMEOUT_S,
  silenceError,
  type PostgresConnection,
  type PostgresOptions,
} from './connection';
import { classifyDatabaseError } from './errors';

/**
 * A connection for commands, ready for use: statements run one after another, and a transaction has it to itself. It
 * does not reconnect. Rejects with a `KpoolError` that names the server. End it with `END_TIMEOUT_S`.
 */
export async function openPostgres(options: PostgresOptions): Promise<postgres.Sql> {
  return (await openConnection(options)).sql;
}

/**
 * Runs `work` on such a connection, and then ends it. Nothing is in progress by then, but a broken connection would
 * wait.
 */
export async function usePostgres<T>(
  options: PostgresOptions,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = await openPostgres(options);
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: END_TIMEOUT_S });
  }
}

async function openConnection(options: PostgresOptions): Promise<PostgresConnection> {
  const connection = connectPostgres(options);
  const timer = setTimeout(() => connection.end(silenceError(CONNECT_TIMEOUT_MS)), CONNECT_TIMEOUT_MS);
  try {
    await connection.ready;
    return connection;
  } catch (error) {
    throw classifyDatabaseError(error, postgresAddressOf(options.url).place);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for a long-lived process: opened when it is needed, and again after it was lost. */
export interface LastingPostgres {
  /** Rejects as `openPostgres` does. */
  open(): Promise<postgres.Sql>;
  /** Takes no longer than `END_TIMEOUT_S`. */
  close(): Promise<void>;
}

export function createLastingPostgres(options: PostgresOptions): LastingPostgres {
  let opening: Promise<PostgresConnection> | null = null;
  const open = (): Promise<PostgresConnection> => {
    const opened = openConnection(options);
    const forget = (): void => {
      if (opening === opened) opening = null;
    };
    opened.then(({ ended }) => ended).then(forget, forget);
    return opened;
  };
  return {
    open: async () => (await (opening ??= open())).sql,
    async close() {
      const connection = await opening?.catch(() => null);
      await connection?.sql.end({ timeout: END_TIMEOUT_S });
    },
  };
}
