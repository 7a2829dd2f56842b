import { createLastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import { readStatement } from '../report/export/export';
import { findExplanation, type Explanation } from '../report/explain';
import { readMeasures, type Measures } from '../report/status/measures';
import { readFrame, type PageFilter, type PageFrame } from '../report/page/filter';
import type { MachineKey } from '../report/page/machine';
import {
  findMachinePage,
  readFleetPage,
  readIncomePage,
  readOverviewPage,
  readSyncPage,
  type FleetData,
  type IncomeData,
  type MachineData,
  type OverviewData,
  type SyncData,
} from '../report/page/page-data';
import type { Reachability, WellnessFacts } from '../report/wellness/facts';
import { readServiceFacts, type AccountNames } from '../report/wellness/read-facts';
import type { QueueSnapshot } from '../../jobs/queue-snapshot';

const PAGE_STATEMENT_TIMEOUT_MS = 10_000;
/** A probe has been answered by then: its statement only keeps the next one waiting. */
const PROBE_STATEMENT_TIMEOUT_MS = 5_000;

export interface PageSources {
  readonly databaseUrl: Secret;
  /** The accounts whose problems are reported; null: all in the database. */
  readonly judged: AccountNames;
  /** Requests per hour that the rate limit allows; null if unknown to this process. */
  readonly allowedPerHour: number | null;
  readonly readQueue: () => Promise<QueueSnapshot | null>;
}

/** Reads what the pages, the API and the probes show. Connects on first use. */
export type PageReader = ReturnType<typeof openPageReader>;

export function openPageReader({ databaseUrl, judged, allowedPerHour, readQueue }: PageSources) {
  // A page runs several queries at once. Parallel workers for each took longer to start than they saved.
  const connect = (timeoutMs: number) =>
    createLastingPostgres({
      url: databaseUrl,
      applicationName: 'kpool web',
      settings: { statement_timeout: String(timeoutMs), max_parallel_workers_per_gather: '0' },
    });
  const pages = connect(PAGE_STATEMENT_TIMEOUT_MS);
  // A connection of its own, so that a probe does not wait for a page.
  const probes = connect(PROBE_STATEMENT_TIMEOUT_MS);
  return {
    frame: async (filter: PageFilter): Promise<PageFrame> => readFrame(await pages.open(), filter),

    overview: async (filter: PageFilter, queue: Reachability): Promise<OverviewData> =>
      readOverviewPage(await pages.open(), filter, { judged, queue, allowedPerHour }),
    income: async (filter: PageFilter, frame: PageFrame): Promise<IncomeData> =>
      readIncomePage(await pages.open(), filter, frame),
    fleet: async (filter: PageFilter, frame: PageFrame): Promise<FleetData> =>
      readFleetPage(await pages.open(), filter, frame),
    /** Null: no such machine. */
    machine: async (key: MachineKey): Promise<MachineData | null> => findMachinePage(await pages.open(), key),
    /** Null: no such row. */
    row: async (rowId: string): Promise<Explanation | null> => findExplanation(await pages.open(), rowId),
    async sync(filter: PageFilter): Promise<SyncData & { readonly queue: QueueSnapshot | null }> {
      const [data, queue] = await Promise.all([
        readSyncPage(await pages.open(), filter, { allowedPerHour }),
        readQueue(),
      ]);
      return { ...data, queue };
    },
    statement: async (month: string): Promise<string> => readStatement(await pages.open(), month),
    measures: async (queue: Reachability): Promise<Measures> =>
      readMeasures(await pages.open(), judged, queue),
    facts: async (): Promise<WellnessFacts> => readServiceFacts(await probes.open(), judged),

    async close(): Promise<void> {
      await Promise.all([pages.close(), probes.close()]);
    },
  };
}
