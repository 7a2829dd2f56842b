import { targetRows, type Window } from './windows';

/** One page of a window that holds more rows than a page. */
export interface OverflowPage {
  /** When the rows inside the window were mined, in the order served. */
  readonly instants: readonly number[];
  /** Rows in the window, as the pool counts them; where it does not, at least so many, and nothing is claimed. */
  readonly totalNum: number;
  readonly isCounted: boolean;
  /** Rows of a full page. */
  readonly capacity: number;
}

/** How to go on with a window that did not fit a page. */
export type Division =
  /**
   * The page is in order of time and holds all rows of `claimed`, if the pool counts `restRows` in `rest`. Only
   * that second answer makes it true.
   */
  | { readonly kind: 'claim'; readonly claimed: Window; readonly rest: Window; readonly restRows: number }
  /** Newest first, together the window; each to be read by itself. */
  | { readonly kind: 'parts'; readonly parts: readonly Window[] };

/** Cuts are multiples of `stepMs`; nothing is cut at or after `topMs`, where rows end. */
interface Grid {
  readonly stepMs: number;
  readonly topMs: number;
  /** Whether a claim may be cut within a step: where steps hold so many rows that pages would stay half empty. */
  readonly mayCutSteps?: boolean;
}

/** Neighbours in the wrong order that a page in order may have: a late row may stand where it was inserted. */
const STRAY_SHARE = 0.05;
/** A claim of fewer rows than this share of the planned ones takes a fuller window instead. */
const SPARSE_CLAIM = 0.85;
/** A claim of fewer rows than this share of the planned ones is cut within a step, if it may be and that helps. */
const FAIR_CLAIM = 0.75;

/** Between two rows that a cut may part: bounds reach a millisecond too far. */
const LEAST_GAP_MS = 4;

type Order = 'newest-first' | 'oldest-first' | 'unordered';

function orderOf(instants: readonly number[]): Order {
  let [rises, falls] = [0, 0];
  instants.forEach((at, i) => {
    const previous = instants[i - 1] ?? at;
    if (at > previous) rises += 1;
    if (at < previous) falls += 1;
  });
  const strays = Math.floor(instants.length * STRAY_SHARE);
  if (rises <= falls) return rises <= strays ? 'newest-first' : 'unordered';
  return falls <= strays ? 'oldest-first' : 'unordered';
}

const stepOf = (atMs: number, { stepMs }: Grid): number => Math.floor(atMs / stepMs) * stepMs;

/** Cuts strictly inside the window at the beginning or end of a step that holds rows, oldest first. */
function cutsBeside(window: Window, instants: readonly number[], grid: Grid): number[] {
  const topMs = Math.min(window.toMs, grid.topMs);
  const steps = new Set(instants.map((at) => stepOf(at, grid)));
  const cuts = new Set([...steps].flatMap((step) => [step, step + grid.stepMs]));
  return [...cuts].filter((cut) => cut > window.fromMs && cut < topMs).sort((a, b) => a - b);
}

/** Cuts half way between rows that stand so far apart that what is asked for at a cut reaches neither. */
function cutsBetween(window: Window, instants: readonly number[]): number[] {
  const sorted = [...instants].sort((a, b) => a - b);
  return sorted.flatMap((at, i) => {
    const next = sorted[i + 1] ?? at;
    const cut = Math.floor((at + next) / 2);
    return next - at >= LEAST_GAP_MS && cut > window.fromMs ? [cut] : [];
  });
}

/** The parts of a window between some cuts, newest first. */
function partsBetween(window: Window, cuts: readonly number[]): Window[] {
  const ends = [...cuts, window.toMs];
  return ends.map((toMs, i) => ({ fromMs: ends[i - 1] ?? window.fromMs, toMs })).reverse();
}

type ClaimDivision = Extract<Division, { kind: 'claim' }>;

function findClaim(window: Window, page: OverflowPage, order: Order, grid: Grid): ClaimDivision | null {
  const claim = findClaimAmong(cutsBeside(window, page.instants, grid), window, page, order, grid);
  const rowsOf = ({ restRows }: ClaimDivision): number => page.totalNum - restRows;
  const fair = targetRows(page.capacity) * FAIR_CLAIM;
  if (!grid.mayCutSteps || (claim !== null && rowsOf(claim) >= fair)) return claim;
  const cuts = cutsBetween(window, page.instants);
  const finer = findClaimAmong(cuts, window, page, order, { ...grid, stepMs: 1 });
  return finer !== null && rowsOf(finer) >= fair ? finer : claim;
}

function findClaimAmong(
  cuts: readonly number[],
  window: Window,
  page: OverflowPage,
  order: Order,
  grid: Grid,
): ClaimDivision | null {
  const { instants, capacity, totalNum } = page;
  const lastMs = instants.at(-1);
  if (lastMs === undefined || order === 'unordered') return null;
  const isNewestFirst = order === 'newest-first';
  // The step of the page's last row may go on with the next page.
  const brokenStep = stepOf(lastMs, grid);
  const claims = cuts
    .filter((cut) => (isNewestFirst ? cut > brokenStep : cut <= brokenStep))
    .map((cut) => ({ cut, rows: instants.filter((at) => at >= cut === isNewestFirst).length }))
    .filter(({ rows }) => rows > 0 && rows < capacity)
    .sort((a, b) => b.rows - a.rows);
  const target = targetRows(capacity);
  const roomy = claims.find(({ rows }) => rows <= target);
  const best = roomy !== undefined && roomy.rows >= target * SPARSE_CLAIM ? roomy : claims[0];
  if (best === undefined) return null;
  const newer = { fromMs: best.cut, toMs: window.toMs };
  const older = { fromMs: window.fromMs, toMs: best.cut };
  const [claimed, rest] = isNewestFirst ? [newer, older] : [older, newer];
  return { kind: 'claim', claimed, rest, restRows: totalNum - best.rows };
}

/** Takes the page for a sample of the window: parts that should hold the planned number of rows each. */
function partsBySample(window: Window, page: OverflowPage, grid: Grid): Window[] {
  const weight = page.totalNum / Math.max(1, page.instants.length);
  const cuts: number[] = [];
  let rowsSinceCut = 0;
  const steps = cutsBeside(window, page.instants, grid).reverse();
  let [upper, skipped] = [Infinity, Infinity];
  for (const cut of steps) {
    const rows = page.instants.filter((at) => at >= cut && at < upper).length * weight;
    if (rowsSinceCut > 0 && rowsSinceCut + rows > targetRows(page.capacity)) {
      cuts.push(skipped);
      rowsSinceCut = 0;
    }
    rowsSinceCut += rows;
    [upper, skipped] = [cut, cut];
  }
  return partsBetween(window, cuts.reverse());
}

/** Sets the step apart in which a page that no claim can use ends. */
function partsAround(window: Window, atMs: number, grid: Grid): Window[] {
  return partsBetween(window, cutsBeside(window, [atMs], grid));
}

/**
 * Divides a window that holds more rows than a page; `page` is one of it, null when its rows tell nothing. Null
 * when the window is a single step, which only paging can read. Pure; whatever the page says, the parts are
 * smaller than the window, contiguous and cover it.
 */
export function divideWindow(window: Window, page: OverflowPage | null, grid: Grid): Division | null {
  const topMs = Math.min(window.toMs, grid.topMs);
  const lowest = stepOf(window.fromMs, grid) + grid.stepMs;
  const highest = Math.ceil(topMs / grid.stepMs) * grid.stepMs - grid.stepMs;
  if (lowest > highest) return null;
  if (page !== null && page.instants.length > 0) {
    const order = orderOf(page.instants);
    const claim = findClaim(window, page, order, grid);
    if (claim !== null && page.isCounted) return claim;
    if (claim !== null) {
      const { claimed, rest } = claim;
      return { kind: 'parts', parts: [claimed, rest].sort((a, b) => b.fromMs - a.fromMs) };
    }
    const parts =
      order === 'unordered'
        ? partsBySample(window, page, grid)
        : partsAround(window, page.instants.at(-1) ?? window.fromMs, grid);
    if (parts.length > 1) return { kind: 'parts', parts };
  }
  const middle = stepOf((window.fromMs + topMs) / 2, grid);
  const cut = Math.min(highest, Math.max(lowest, middle));
  return { kind: 'parts', parts: partsBetween(window, [cut]) };
}
