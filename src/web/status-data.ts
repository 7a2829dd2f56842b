import { createLastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import { readStatus, type ServiceStatus } from '../report/service-status';
import type { WellnessFacts } from '../report/wellness/facts';
import { readServiceFacts, type AccountNames } from '../report/wellness/read-facts';

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
  const settings = { statement_timeout: String(STATEMENT_TIMEOUT_MS) };
  const connect = () => createLastingPostgres({ url: databaseUrl, applicationName: 'kpool web', settings });
  // A probe does not wait for a page.
  const [pages, probes] = [connect(), connect()];
  return {
    read: async () => readStatus(await pages.open(), judged),
    readFacts: async () => readServiceFacts(await probes.open(), judged),
    async close() {
      await Promise.all([pages.close(END_S), probes.close(END_S)]);
    },
  };
}
