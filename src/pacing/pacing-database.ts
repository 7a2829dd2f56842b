import { openPostgresSession, type PostgresSession, type SqlValue } from '../core/postgres/session';
import type { Secret } from '../core/secret';

/** As much of the database as the pacing needs. */
export interface PacingDatabase {
  /** Runs one statement, on a new connection if the one before failed. Rejects, in bounded time, with what failed. */
  query<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** Less than a look may take, so that the connection of a look that hangs is gone when the next one begins. */
const ANSWER_TIMEOUT_MS = 4_500;
/** Less than that: what this process has given up, the server gives up too, and grants nothing to nobody. */
const STATEMENT_TIMEOUT_MS = 4_000;

/** The database that keeps the pace, over one connection at a time. */
export function openPacingDatabase(url: Secret): PacingDatabase {
  let session: PostgresSession | null = null;
  return {
    async query<Row extends object>(text: string, values: readonly SqlValue[]): Promise<readonly Row[]> {
      const current = (session ??= openPostgresSession({
        url,
        applicationName: 'kpool pacing',
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
        settings: { statement_timeout: String(STATEMENT_TIMEOUT_MS) },
      }));
      try {
        return await current.query<Row>(text, values);
      } catch (error) {
        // It is over, whatever failed.
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
