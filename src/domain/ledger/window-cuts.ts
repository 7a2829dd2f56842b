/** Cuts windows into parts that are read one by one. */
import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { UnreadableRow } from '../page';
import { spanMsOf, type Window } from './windows';

/** A window is planned to hold this share of a page, to leave room for late rows. */
const FILL_SHARE = 0.9;
/** An unordered page is a sample of the window: parts planned to this share of a page rarely exceed one. */
const SAMPLE_SHARE = 0.75;
/** With fewer rows of the sample per part, many parts would exceed a page; those that do are cut again. */
const LEAST_SAMPLE = 8;
/** The days of up to this many unreadable rows are read separately; with more, the whole window is in doubt. */
const MAX_DAYS_APART = 5;
/** Rows that a window is planned to hold if a page holds `pageRows`. */
export function plannedRowsOf(pageRows: number): number {
  return Math.max(1, Math.floor(pageRows * FILL_SHARE));
}

/**
 * Where to cut between two neighbouring rows: at midnight UTC if that lies between them, otherwise half-way. A request
 * reaches slightly beyond its window and should include neither row.
 */
export function cutBetween(olderMs: number, newerMs: number): number {
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
