import { openPostgres } from '../core/postgres-driver';
import type { Secret } from '../core/secret';
import { readFreshness, type StreamFreshness } from '../report/overview';
import {
  readAccounts,
  readBackfill,
  readFailures,
  type AccountState,
  type BackfillState,
  type FailureState,
} from '../report/service-status';

const MAX_CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;
const MAX_FAILURES = 20;
const END_S = 2;

/** What the pages are made of. */
export interface StatusData {
  readonly accounts: readonly AccountState[];
  readonly freshness: readonly StreamFreshness[];
  readonly backfill: readonly BackfillState[];
  readonly failures: readonly FailureState[];
}

/** Reads the database for the pages; connects when asked. */
export interface StatusReader {
  read(): Promise<StatusData>;
  readFreshness(): Promise<readonly StreamFreshness[]>;
  close(): Promise<void>;
}

export function openStatusReader(databaseUrl: Secret): StatusReader {
  const sql = openPostgres(databaseUrl, {
    maxConnections: MAX_CONNECTIONS,
    applicationName: 'kpool web',
    settings: { statement_timeout: String(STATEMENT_TIMEOUT_MS) },
  });
  return {
    async read() {
      const [accounts, freshness, backfill, failures] = await Promise.all([
        readAccounts(sql),
        readFreshness(sql),
        readBackfill(sql),
        readFailures(sql, MAX_FAILURES),
      ]);
      return { accounts, freshness, backfill, failures };
    },
    readFreshness: () => readFreshness(sql),
    close: () => sql.end({ timeout: END_S }),
  };
}
