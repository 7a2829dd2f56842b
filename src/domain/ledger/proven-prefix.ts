import { cutBetween, plannedRowsOf } from './window-cuts';
import type { Window } from './windows';

/** A part filled less than this takes the next rows as well, if they fit into the page. */
const LEAST_FILL = 0.75;
/** The share of rows that may be out of order in an ordered page: a late row may be listed where it was recorded. */
const STRAY_SHARE = 0.05;

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
  const planned = plannedRowsOf(instants.length);
  const roomy = prefixes.find(({ rows }) => rows <= planned);
  const best = roomy !== undefined && roomy.rows >= planned * LEAST_FILL ? roomy : prefixes[0];
  if (best === undefined) return null;
  const newer = { fromMs: best.cut, toMs: window.toMs };
  const older = { fromMs: window.fromMs, toMs: best.cut };
  const [proven, rest] = isNewestFirst ? [newer, older] : [older, newer];
  return { proven, rest, restRows: totalNum - best.rows };
}
