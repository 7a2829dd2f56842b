import { openPostgresSession, type PostgresSession, type SqlValue } from '../core/postgres/session';
import type { Secret } from '../core/secret';
import { POLL_ANSWER_TIMEOUT_MS, POLL_STATEMENT_TIMEOUT_MS } from './time-limits';

/** The part of a database connection that pacing needs. */
export interface PacingDatabase {
  /**
   * Runs one statement, on a new connection if the last one failed. Rejects within `POLL_ANSWER_TIMEOUT_MS`.
   */
  query<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** The database that keeps the pace, over one connection at a time. */
export function openPacingDatabase(url: Secret): PacingDatabase {
  let session: PostgresSession | null = null;
  return {
    async query<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
      const current = (session ??= openPostgresSession({
        url,
        applicationName: 'kpool pacing',
        answerTimeoutMs: POLL_ANSWER_TIMEOUT_MS,
        settings: { statement_timeout: String(POLL_STATEMENT_TIMEOUT_MS) },
      }));
      try {
        return await current.query<Row>(text, values);
      } catch (error) {
        // Any failure ends the session.
        if (session === current) session = null;
        throw error;
      }
    },
    async close() {
      await session?.close();
      session = null;
    },
  };
}
