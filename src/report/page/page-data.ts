import type { Sql } from 'postgres';
import { listQuarantine, type QuarantinedRow } from '../quarantine';
import { readReconciliation, type ReconciliationRow } from '../reconciliation/reconciliation';
import type { Reachability } from '../wellness/facts';
import { judge } from '../wellness/judge';
import type { Problem } from '../wellness/problem';
import { readWellnessFacts, type AccountNames } from '../wellness/read-facts';
import { readBackfillShare, type Backfill } from './backfill';
import {
  readHashrateCards,
  readIncomeCards,
  readRequestsCard,
  type HashrateCard,
  type IncomeCard,
  type RequestsCard,
} from './cards';
import type { PageFilter, PageFrame } from './filter';
import {
  isByHour,
  readAttention,
  readFleets,
  readFleetSeries,
  readPrefixes,
  readRejectSeries,
  type Attention,
  type FleetGroup,
  type FleetPoint,
  type RejectPoint,
} from './fleet';
import {
  readIncomeBySubAccount,
  readIncomeSeries,
  readLeague,
  readMonths,
  type ClosedMonth,
  type IncomeBySubAccount,
  type IncomeOfSubAccount,
  type IncomePoint,
} from './income';
import {
  findMachine,
  readMachineDays,
  readMachineHours,
  type Machine,
  type MachineDay,
  type MachineHour,
  type MachineKey,
} from './machine';
import {
  readHeat,
  readNames,
  readRuns,
  readStreams,
  type HeatRow,
  type RunRow,
  type StreamRow,
} from './syncing';

/** The data of each page, which the JSON API serves too. */

const MAX_QUARANTINED_SHOWN = 20;

export interface OverviewData {
  readonly problems: readonly Problem[];
  readonly backfill: Backfill;
  readonly income: readonly IncomeCard[];
  readonly hashrate: readonly HashrateCard[];
  readonly requests: RequestsCard;
  /** Requests per hour that the rate limit allows; null if this process does not know it. */
  readonly allowedPerHour: number | null;
  readonly needingAttention: number;
}

/** What the serving process knows and the database does not. */
export interface Surroundings {
  /** The accounts whose problems are reported; null: all in the database. */
  readonly judged: AccountNames;
  readonly queue: Reachability;
  readonly allowedPerHour: number | null;
}

export async function readOverviewPage(
  sql: Sql,
  filter: PageFilter,
  { judged, queue, allowedPerHour }: Surroundings,
): Promise<OverviewData> {
  const [facts, backfill, income, hashrate, requests, attention] = await Promise.all([
    readWellnessFacts(sql, judged),
    readBackfillShare(sql),
    readIncomeCards(sql, filter),
    readHashrateCards(sql, filter),
    readRequestsCard(sql),
    readAttention(sql, filter),
  ]);
  const { problems } = judge({ ...facts, queue });
  const needingAttention = attention.count;
  return { problems, backfill, income, hashrate, requests, allowedPerHour, needingAttention };
}

export interface IncomeData {
  readonly points: readonly IncomePoint[];
  /** For the main currency; null: there is no income. */
  readonly bySubAccount: IncomeBySubAccount | null;
  readonly league: readonly IncomeOfSubAccount[];
  readonly months: readonly ClosedMonth[];
  readonly reconciliation: readonly ReconciliationRow[];
}

export async function readIncomePage(sql: Sql, filter: PageFilter, frame: PageFrame): Promise<IncomeData> {
  const [points, league, months, reconciliation] = await Promise.all([
    readIncomeSeries(sql, filter, frame),
    readLeague(sql, filter, frame),
    readMonths(sql),
    readReconciliation(sql),
  ]);
  const earned = new Set(points.map((point) => point.currency));
  const main = frame.currencies.find((currency) => earned.has(currency));
  const bySubAccount = main === undefined ? null : await readIncomeBySubAccount(sql, filter, frame, main);
  const isShown = (row: ReconciliationRow): boolean =>
    (filter.account === null || row.account === filter.account) &&
    (filter.puid === null || row.puid === filter.puid) &&
    (filter.currency === null || row.currency === filter.currency);
  return { points, bySubAccount, league, months, reconciliation: reconciliation.filter(isShown) };
}

export interface FleetData {
  readonly series: readonly FleetPoint[];
  readonly isByHour: boolean;
  readonly rejects: readonly RejectPoint[];
  readonly fleets: readonly FleetGroup[];
  readonly prefixes: readonly FleetGroup[];
  readonly attention: Attention;
}

export async function readFleetPage(sql: Sql, filter: PageFilter, frame: PageFrame): Promise<FleetData> {
  const [series, rejects, fleets, prefixes, attention] = await Promise.all([
    readFleetSeries(sql, filter, frame),
    readRejectSeries(sql, filter, frame),
    readFleets(sql, filter, frame),
    readPrefixes(sql, filter),
    readAttention(sql, filter),
  ]);
  return { series, isByHour: isByHour(frame), rejects, fleets, prefixes, attention };
}

export interface MachineData {
  readonly machine: Machine;
  readonly hours: readonly MachineHour[];
  readonly days: readonly MachineDay[];
}

/** Null if there is no such machine. */
export async function findMachinePage(sql: Sql, key: MachineKey): Promise<MachineData | null> {
  const machine = await findMachine(sql, key);
  if (machine === null) return null;
  const [hours, days] = await Promise.all([readMachineHours(sql, key), readMachineDays(sql, key)]);
  return { machine, hours, days };
}

export interface SyncData {
  readonly streams: readonly StreamRow[];
  readonly runs: readonly RunRow[];
  readonly heat: readonly HeatRow[];
  /** The latest; `number` is what `kpool quarantine` takes. */
  readonly quarantine: readonly (Pick<QuarantinedRow, 'account' | 'stream' | 'reason' | 'firstSeenAt'> & {
    readonly number: string;
  })[];
  readonly backfill: Backfill;
  readonly requests: RequestsCard;
  readonly allowedPerHour: number | null;
  /** Names of sub-accounts by their puid, for the jobs of the queue. */
  readonly names: ReadonlyMap<string, string>;
}

export async function readSyncPage(
  sql: Sql,
  filter: PageFilter,
  { allowedPerHour }: Pick<Surroundings, 'allowedPerHour'>,
): Promise<SyncData> {
  const [streams, runs, heat, quarantined, backfill, requests, names] = await Promise.all([
    readStreams(sql, filter),
    readRuns(sql, filter),
    readHeat(sql, filter),
    listQuarantine(sql, { isWhole: false, limit: MAX_QUARANTINED_SHOWN }),
    readBackfillShare(sql),
    readRequestsCard(sql),
    readNames(sql),
  ]);
  const quarantine = quarantined.map(({ number, account, stream, reason, firstSeenAt }) => ({
    number: String(number),
    account,
    stream,
    reason,
    firstSeenAt,
  }));
  return { streams, runs, heat, quarantine, backfill, requests, allowedPerHour, names };
}
