import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { Served, UnreadableRow } from '../page';
import { spanMsOf, type Window } from './windows';

/** A window is planned to hold this share of a page, to leave room for late rows. */
const FILL_SHARE = 0.9;
/** An unordered page is a sample of the window: parts planned to this share of a page rarely exceed one. */
const SAMPLE_SHARE = 0.75;
/** With fewer rows of the sample per part, many parts would exceed a page; those that do are cut again. */
const LEAST_SAMPLE = 8;
/** A part filled less than this takes the next rows as well, if they fit into the page. */
const LEAST_FILL = 0.75;
/** The days of up to this many unreadable rows are read separately; with more, the whole window is in doubt. */
const MAX_DAYS_APART = 5;
/** The share of rows that may be out of order in an ordered page: a late row may be listed where it was recorded. */
const STRAY_SHARE = 0.05;

/** Rows that a window is planned to hold if a page holds `pageRows`. */
export function plannedRows(pageRows: number): number {
  return Math.max(1, Math.floor(pageRows * FILL_SHARE));
}

/**
 * Where to cut between two neighbouring rows: at midnight UTC if that lies between them, otherwise half-way. A request
 * reaches slightly beyond its window and should include neither row.
 */
function cutBetween(olderMs: number, newerMs: number): number {
  const midnight = startOfUtcDay(newerMs);
  if (midnight > olderMs && midnight < newerMs) return midnight;
  return olderMs + Math.ceil((newerMs - olderMs) / 2);
}

/** The window in parts, newest first; cuts lie strictly inside it, in any order. */
export function cutAt(window: Window, cuts: readonly number[]): Window[] {
  const inside = [...new Set(cuts)].filter((cut) => cut > window.fromMs && cut < window.toMs);
  const ends = [...inside.sort((a, b) => a - b), window.toMs];
  return ends.map((toMs, i) => ({ fromMs: ends[i - 1] ?? window.fromMs, toMs })).reverse();
}

/** The window in parts of at most `most` rows, newest first; rows of one instant stay together. */
export function cutByRows(window: Window, instants: readonly number[], most: number): Window[] {
  const newestFirst = [...instants].sort((a, b) => b - a);
  const cuts: number[] = [];
  let rows = 0;
  let lastGap: { readonly cut: number; readonly rows: number } | null = null;
  newestFirst.forEach((at, i) => {
    const newer = newestFirst[i - 1] ?? at;
    if (at < newer) lastGap = { cut: cutBetween(at, newer), rows };
    if (rows >= most && lastGap !== null) {
      cuts.push(lastGap.cut);
      rows -= lastGap.rows;
      lastGap = null;
    }
    rows += 1;
  });
  return cutAt(window, cuts);
}

/** The window cut around one instant, so that older and newer rows can be asked for without its rows. */
function cutAround(window: Window, atMs: number): Window[] {
  return cutAt(window, [atMs - DAY_MS / 2, atMs + DAY_MS / 2]);
}

/**
 * The window without the days at its ends, for a page crowded with rows outside it: the pool seems to extend bounds to
 * whole days.
 */
export function cutEdges(window: Window): Window[] {
  const isLong = window.toMs - window.fromMs > 2 * DAY_MS;
  return isLong ? cutAt(window, [window.fromMs + DAY_MS, window.toMs - DAY_MS]) : [window];
}

/**
 * The window in parts, newest first, one of which is the day of an unreadable row; halves of it if no such row says its
 * day. The window itself if it is that day already.
 */
export function cutOutUnreadable(
  window: Window,
  unreadable: readonly UnreadableRow[],
  nowMs: number,
): Window[] {
  const spanMs = spanMsOf(window, nowMs);
  if (spanMs <= DAY_MS || unreadable.length === 0 || unreadable.length > MAX_DAYS_APART) return [window];
  for (const { minedAtMs } of unreadable) {
    const day = startOfUtcDay(minedAtMs ?? NaN);
    const parts = cutAt(window, [day, day + DAY_MS]);
    if (parts.length > 1) return parts;
  }
  // Rows are often dated to midnight, so a cut at noon divides none of them.
  return cutAt(window, [startOfUtcDay(window.fromMs + spanMs / 2) + DAY_MS / 2]);
}

/** The rows of an ordered page that no other page can hold, if the pool counts `restRows` in `rest`. */
export interface ProvenPrefix {
  readonly proven: Window;
  readonly rest: Window;
  readonly restRows: number;
}

type Order = 'newest-first' | 'oldest-first' | 'none';

export function orderOf(instants: readonly number[]): Order {
  const steps = instants.map((at, i) => at - (instants[i - 1] ?? at));
  const [rises, falls] = [steps.filter((step) => step > 0).length, steps.filter((step) => step < 0).length];
  if (Math.min(rises, falls) > Math.floor(instants.length * STRAY_SHARE)) return 'none';
  return rises > falls ? 'oldest-first' : 'newest-first';
}

/**
 * What the first of several pages proves about a window. `instants`: mining dates of its rows in the window, as served;
 * `totalNum`: the pool's count of the window. Null if the page is unordered, or all of one instant.
 */
export function findProvenPrefix(
  window: Window,
  instants: readonly number[],
  totalNum: number,
): ProvenPrefix | null {
  const order = orderOf(instants);
  const lastMs = instants.at(-1);
  if (order === 'none' || lastMs === undefined) return null;
  const isNewestFirst = order === 'newest-first';
  // Other rows of the last row's instant may be on the next page.
  const known = [
    ...new Set([lastMs, ...instants.filter((at) => (isNewestFirst ? at > lastMs : at < lastMs))]),
  ];
  const sorted = known.sort((a, b) => a - b);
  const prefixes = sorted
    .flatMap((at, i) => (i === 0 ? [] : [cutBetween(sorted[i - 1] ?? at, at)]))
    .map((cut) => ({ cut, rows: instants.filter((at) => at >= cut === isNewestFirst).length }))
    .filter(({ cut }) => cut > window.fromMs && cut < window.toMs)
    .sort((a, b) => b.rows - a.rows);
  const planned = plannedRows(instants.length);
  const roomy = prefixes.find(({ rows }) => rows <= planned);
  const best = roomy !== undefined && roomy.rows >= planned * LEAST_FILL ? roomy : prefixes[0];
  if (best === undefined) return null;
  const newer = { fromMs: best.cut, toMs: window.toMs };
  const older = { fromMs: window.fromMs, toMs: best.cut };
  const [proven, rest] = isNewestFirst ? [newer, older] : [older, newer];
  return { proven, rest, restRows: totalNum - best.rows };
}

/**
 * Parts of a window, newest first, each of which should fit into a page, with one page taken as a sample; the window
 * itself if it cannot be cut.
 */
export function cutBySample(window: Window, instants: readonly number[], totalNum: number): Window[] {
  const pages = Math.ceil(totalNum / Math.max(1, Math.floor(instants.length * SAMPLE_SHARE)));
  const parts = pages * LEAST_SAMPLE > instants.length ? Math.ceil(Math.sqrt(pages)) : pages;
  const cut = cutByRows(window, instants, Math.max(1, Math.ceil(instants.length / Math.max(2, parts))));
  return cut.length > 1 ? cut : cutAround(window, instants[0] ?? window.fromMs);
}

/** How a complete read is stored. */
interface Storing {
  /** Rows that a page holds. */
  readonly capacity: number;
  /** The daily tier reads what is newer. */
  readonly recentFromMs: number;
  /** The scope is paged, not read by windows. */
  readonly isPaged: boolean;
  /** Further places to cut at. */
  readonly cuts: readonly number[];
}

/** The windows that a complete read is stored as, newest first: each fits into a page, and the newest one has room. */
export function cutForStorage(
  window: Window,
  { rows, unreadable }: Served<{ readonly minedAtMs: number }>,
  storing: Storing,
): Window[] {
  const { capacity, isPaged, cuts } = storing;
  const instants = rows.map(({ minedAtMs }) => minedAtMs);
  const newest = window.toMs === Infinity ? chooseNewestCut(window, instants, storing) : null;
  const closed = newest === null ? [] : [newest];
  if (isPaged) return cutAt(window, closed);
  if (unreadable.length > 0) return [window];
  if (instants.length <= capacity) return cutAt(window, [...cuts, ...closed]);
  const full = cutByRows(window, instants, plannedRows(capacity)).map(({ fromMs }) => fromMs);
  return cutAt(window, [...cuts, ...full]);
}

/**
 * Where to cut the newest window once it holds many rows, so that it keeps fitting into a page: it keeps the days of
 * the daily tier if they are at most two thirds of it, otherwise its newer half. Null while it is small.
 */
function chooseNewestCut(
  window: Window,
  instants: readonly number[],
  { capacity, recentFromMs }: Storing,
): number | null {
  if (instants.length <= Math.floor(capacity * 0.8)) return null;
  const sorted = [...instants].sort((a, b) => a - b);
  const recent = startOfUtcDay(recentFromMs);
  const recentRows = sorted.filter((at) => at >= recent).length;
  const median = startOfUtcDay(sorted[Math.floor(sorted.length / 2)] ?? window.fromMs);
  const cut = recentRows > 0 && recentRows <= (sorted.length * 2) / 3 ? recent : median;
  return cut > window.fromMs ? cut : null;
}
