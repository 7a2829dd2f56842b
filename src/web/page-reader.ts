import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import { createLastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import { findExplanation } from '../report/explain/explain-row';
import type { Explanation } from '../report/explain/explanation';
import { readStatement } from '../report/export/export';
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
import { readMeasures, type Measures } from '../report/status/measures';
import type { Reachability, WellnessFacts } from '../report/wellness/facts';
import { readServiceFacts, type AccountNames } from '../report/wellness/read-facts';

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
export interface PageReader {
  /** What the filter means, and what else could be selected. */
  frame(filter: PageFilter): Promise<PageFrame>;
  overview(filter: PageFilter, queue: Reachability): Promise<OverviewData>;
  income(filter: PageFilter, frame: PageFrame): Promise<IncomeData>;
  fleet(filter: PageFilter, frame: PageFrame): Promise<FleetData>;
  /** Null: no such machine. */
  machine(key: MachineKey): Promise<MachineData | null>;
  /** Null: no such row of the ledger. */
  row(rowId: string): Promise<Explanation | null>;
  /** `queue`: null if this process runs no jobs, or the queue does not answer. */
  sync(filter: PageFilter): Promise<SyncData & { readonly queue: QueueSnapshot | null }>;
  /** The statement of a month (`2026-10`) as CSV. */
  statement(month: string): Promise<string>;
  /** What `/metrics` shows of the database. */
  measures(queue: Reachability): Promise<Measures>;
  /** What the probes judge; on a connection of its own. */
  facts(): Promise<WellnessFacts>;
  close(): Promise<void>;
}

export function openPageReader({ databaseUrl, judged, allowedPerHour, readQueue }: PageSources): PageReader {
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
    frame: async (filter) => readFrame(await pages.open(), filter),
    overview: async (filter, queue) =>
      readOverviewPage(await pages.open(), filter, { judged, queue, allowedPerHour }),
    income: async (filter, frame) => readIncomePage(await pages.open(), filter, frame),
    fleet: async (filter, frame) => readFleetPage(await pages.open(), filter, frame),
    machine: async (key) => findMachinePage(await pages.open(), key),
    row: async (rowId) => findExplanation(await pages.open(), rowId),
    async sync(filter) {
      const [data, queue] = await Promise.all([
        readSyncPage(await pages.open(), filter, { allowedPerHour }),
        readQueue(),
      ]);
      return { ...data, queue };
    },
    statement: async (month) => readStatement(await pages.open(), month),
    measures: async (queue) => readMeasures(await pages.open(), judged, queue),
    facts: async () => readServiceFacts(await probes.open(), judged),
    async close() {
      await Promise.all([pages.close(), probes.close()]);
    },
  };
}
