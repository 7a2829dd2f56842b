import { startOfUtcDay } from '../../core/day';
import type { Served } from '../page';
import { cutAt, cutByRows, plannedRowsOf } from './window-cuts';
import type { Window } from './windows';

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
  const full = cutByRows(window, instants, plannedRowsOf(capacity)).map(({ fromMs }) => fromMs);
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
