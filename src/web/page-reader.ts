import { createLastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import { findExplanation, type Explanation } from '../report/explain';
import { readMeasures, type Measures } from '../report/measures';
import { readBackfillShare } from '../report/page/backfill';
import { readHashrateCards, readIncomeCards, readRequestsCard } from '../report/page/cards';
import { readFrame, type PageFilter, type PageFrame } from '../report/page/filter';
import {
  isByHour,
  readAttention,
  readFleets,
  readFleetSeries,
  readPrefixes,
  readRejectSeries,
} from '../report/page/fleet';
import { readIncomeBySubAccount, readIncomeSeries, readLeague, readMonths } from '../report/page/income';
import { findMachine, readMachineDays, readMachineHours, type MachineKey } from '../report/page/machine';
import { readHeat, readNames, readRuns, readStreams } from '../report/page/syncing';
import { listQuarantine } from '../report/quarantine';
import { readReconciliation } from '../report/reconciliation';
import type { Reachability, WellnessFacts } from '../report/wellness/facts';
import { judge } from '../report/wellness/judge';
import { readServiceFacts, readWellnessFacts, type AccountNames } from '../report/wellness/read-facts';
import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import { writeStatement } from './statement';
import type { FleetData } from './view/fleet';
import type { IncomeData } from './view/income';
import type { MachineData } from './view/machine';
import type { OverviewData } from './view/overview';
import type { SyncData } from './view/sync';

const PAGE_STATEMENT_TIMEOUT_MS = 10_000;
const QUARANTINE_SHOWN = 20;

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
  const settings = {
    statement_timeout: String(PAGE_STATEMENT_TIMEOUT_MS),
    max_parallel_workers_per_gather: '0',
  };
  const connect = () => createLastingPostgres({ url: databaseUrl, applicationName: 'kpool web', settings });
  // A connection of its own, so that a probe does not wait for a page.
  const [pages, probes] = [connect(), connect()];
  return {
    frame: async (filter: PageFilter): Promise<PageFrame> => readFrame(await pages.open(), filter),

    async overview(filter: PageFilter, queue: Reachability): Promise<OverviewData> {
      const sql = await pages.open();
      const [facts, backfill, income, hashrate, requests, attention] = await Promise.all([
        readWellnessFacts(sql, judged),
        readBackfillShare(sql),
        readIncomeCards(sql, filter),
        readHashrateCards(sql, filter),
        readRequestsCard(sql),
        readAttention(sql, filter),
      ]);
      const { problems } = judge({ ...facts, queue });
      return {
        problems,
        backfill,
        income,
        hashrate,
        requests,
        allowedPerHour,
        needingAttention: attention.count,
      };
    },

    async income(filter: PageFilter, frame: PageFrame): Promise<IncomeData> {
      const sql = await pages.open();
      const [points, league, months, reconciliation] = await Promise.all([
        readIncomeSeries(sql, filter, frame),
        readLeague(sql, filter, frame),
        readMonths(sql),
        readReconciliation(sql),
      ]);
      const earned = new Set(points.map((point) => point.currency));
      const main = frame.currencies.find((currency) => earned.has(currency));
      const bySubAccount = main === undefined ? null : await readIncomeBySubAccount(sql, filter, frame, main);
      const isShown = (row: (typeof reconciliation)[number]): boolean =>
        (filter.account === null || row.account === filter.account) &&
        (filter.puid === null || row.puid === filter.puid) &&
        (filter.currency === null || row.currency === filter.currency);
      return { points, bySubAccount, league, months, reconciliation: reconciliation.filter(isShown) };
    },

    async fleet(filter: PageFilter, frame: PageFrame): Promise<FleetData> {
      const sql = await pages.open();
      const [series, rejects, fleets, prefixes, attention] = await Promise.all([
        readFleetSeries(sql, filter, frame),
        readRejectSeries(sql, filter, frame),
        readFleets(sql, filter, frame),
        readPrefixes(sql, filter),
        readAttention(sql, filter),
      ]);
      return { series, isByHour: isByHour(frame), rejects, fleets, prefixes, attention };
    },

    /** Null: no such machine. */
    async machine(key: MachineKey): Promise<MachineData | null> {
      const sql = await pages.open();
      const machine = await findMachine(sql, key);
      if (machine === null) return null;
      const [hours, days] = await Promise.all([readMachineHours(sql, key), readMachineDays(sql, key)]);
      return { machine, hours, days };
    },

    /** Null: no such row. */
    async row(rowId: string): Promise<Explanation | null> {
      return findExplanation(await pages.open(), rowId);
    },

    async sync(filter: PageFilter): Promise<SyncData> {
      const sql = await pages.open();
      const [streams, runs, heat, quarantine, backfill, requests, names, queue] = await Promise.all([
        readStreams(sql, filter),
        readRuns(sql, filter),
        readHeat(sql, filter),
        listQuarantine(sql, { isWhole: false, limit: QUARANTINE_SHOWN }),
        readBackfillShare(sql),
        readRequestsCard(sql),
        readNames(sql),
        readQueue(),
      ]);
      return { streams, runs, heat, quarantine, backfill, requests, allowedPerHour, names, queue };
    },

    statement: async (month: string): Promise<string> => writeStatement(await pages.open(), month),
    measures: async (queue: Reachability): Promise<Measures> =>
      readMeasures(await pages.open(), judged, queue),
    facts: async (): Promise<WellnessFacts> => readServiceFacts(await probes.open(), judged),

    async close(): Promise<void> {
      await Promise.all([pages.close(), probes.close()]);
    },
  };
}
