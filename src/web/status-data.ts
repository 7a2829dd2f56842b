import { openPostgres } from '../core/postgres-driver';
import type { Secret } from '../core/secret';
import { readStatus, type ServiceStatus } from '../report/service-status';
import type { WellnessFacts } from '../report/wellness/facts';
import { readServiceFacts, type AccountNames } from '../report/wellness/read-facts';

const MAX_CONNECTIONS = 2;
const STATEMENT_TIMEOUT_MS = 10_000;
const END_S = 2;

/** Reads the database for the pages and probes; connects when asked. */
export interface StatusReader {
  read(): Promise<ServiceStatus>;
  readFacts(): Promise<WellnessFacts>;
  close(): Promise<void>;
}

/** `judged` are the accounts that have to be well. */
export function openStatusReader(databaseUrl: Secret, judged: AccountNames): StatusReader {
  const sql = openPostgres(databaseUrl, {
    maxConnections: MAX_CONNECTIONS,
    applicationName: 'kpool web',
    settings: { statement_timeout: String(STATEMENT_TIMEOUT_MS) },
  });
  return {
    read: () => readStatus(sql, judged),
    readFacts: () => readServiceFacts(sql, judged),
    close: () => sql.end({ timeout: END_S }),
  };
}
