import { hashMultiset } from '../../domain/content-hash';
import type { IncomeRow } from '../../domain/income';
import { contentOf } from '../../domain/ledger-matching';
import { servedCount, type Page, type UnreadableRow } from '../../domain/page';
import { contains, DAY_MS, requestBounds, type Window } from '../../domain/windows';

/** The largest page that the specification allows, and the smallest. */
export const MAX_PAGE_SIZE = 100;
export const MIN_PAGE_SIZE = 10;
/** Reads of one window before a contradiction in the answers is taken for lasting. */
const MAX_READS = 3;

/** Page sizes that a server may have are multiples of this: another one only repeats how many rows it served. */
const PAGE_SIZE_UNIT = 5;
/** From this share of rows beside the window on, a page is taken for crowded by them. */
const CROWDED_SHARE = 0.5;

/** The times that a request carries. */
export interface Bounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** The pages of one scope, currency filter included. Counts and priorities are the caller's. */
export interface PageSource {
  ask(query: Bounds & { currentPage: number; pageSize: number }): Promise<Page<IncomeRow>>;
  /** So many rows may be all that a page holds, whatever the answer says of its size and of the count. */
  readonly fullPage: number;
  /** The server is known to ignore `startTime` and `endTime`: rows outside them are no contradiction. */
  readonly boundsIgnored: boolean;
  /** By how much more than a window has to be asked for, ms. */
  readonly slackMs: number;
}

/** Everything that one or more responses served of a window. */
export interface SliceRows {
  readonly rows: readonly IncomeRow[];
  readonly unreadable: readonly UnreadableRow[];
  /** Rows in the window as the pool counts them: its `totalNum` less the rows outside. */
  readonly totalNum: number;
}

export type SliceRead =
  | ({ readonly kind: 'complete' } & SliceRows)
  /** The answers contradict themselves: these rows are true, but more may exist. */
  | ({ readonly kind: 'inconsistent'; readonly why: string } & SliceRows)
  | SliceOverflow
  /** The server ignores `startTime` and `endTime`, and has more rows than a page holds. */
  | { readonly kind: 'unbounded' };

/** One page of more. */
export interface SliceOverflow extends SliceRows {
  readonly kind: 'overflow';
  /** Rows of a full page. */
  readonly capacity: number;
  /** Whether the server counts the rows at all; else `totalNum` is how many were seen. */
  readonly isCounted: boolean;
  /** What was asked, and what was answered. */
  readonly bounds: Bounds;
  readonly page: Page<IncomeRow>;
}

function rowsInside(window: Window, page: Page<IncomeRow>, totalNum: number): SliceRows {
  const rows = page.rows.filter((row) => contains(window, row.minedAtMs));
  return { rows, unreadable: page.unreadable, totalNum: totalNum - (page.rows.length - rows.length) };
}

/** Rows far outside what was asked: more than a server that cuts its bounds to days would serve. */
function ignoresBounds(page: Page<IncomeRow>, bounds: Bounds): boolean {
  return page.rows.some(
    (row) => row.minedAtMs < bounds.startMs - DAY_MS || row.minedAtMs > bounds.endMs + DAY_MS,
  );
}

/** So many rows may be all that a page of this server holds. */
function fullPageOf({ totalNum, pageSize, rows, unreadable }: Page<IncomeRow>, source: PageSource): number {
  // Nothing says how many rows there are: only fewer than the smallest page are all.
  if (totalNum === null) return MIN_PAGE_SIZE;
  const served = rows.length + unreadable.length;
  const isSize = pageSize > served || (pageSize === served && served % PAGE_SIZE_UNIT === 0);
  return Math.min(MAX_PAGE_SIZE, isSize ? pageSize : MAX_PAGE_SIZE, source.fullPage);
}

/** Whether the answer speaks of more pages than its rows and its count leave room for. */
function hintsAtMorePages(page: Page<IncomeRow>): boolean {
  return (page.totalPage ?? 1) > 1 && page.totalNum === servedCount(page);
}

/** Whether two pages hold the very same rows: a server may serve its last page again for one beyond the end. */
export function isSamePage(a: Page<IncomeRow>, b: Page<IncomeRow>): boolean {
  const hashOf = ({ rows, unreadable }: Page<IncomeRow>): string =>
    hashMultiset([...rows.map(contentOf), ...unreadable.map(({ raw }) => raw)]);
  return hashOf(a) === hashOf(b);
}

function overflow(
  window: Window,
  page: Page<IncomeRow>,
  bounds: Bounds,
  counted: { isCounted: boolean; totalNum: number },
): SliceOverflow {
  const inside = rowsInside(window, page, counted.totalNum);
  const least = inside.rows.length + inside.unreadable.length;
  const totalNum = Math.max(inside.totalNum, least);
  return {
    ...inside,
    kind: 'overflow',
    capacity: servedCount(page),
    isCounted: counted.isCounted,
    totalNum,
    bounds,
    page,
  };
}

/**
 * Reads a window by a single response, the only read that is consistent in itself. `totalNum` is checked against
 * all rows served; a contradiction is asked again before it is believed.
 */
async function readBounds(source: PageSource, window: Window, bounds: Bounds): Promise<SliceRead> {
  const askPage = (currentPage: number): Promise<Page<IncomeRow>> =>
    source.ask({ ...bounds, currentPage, pageSize: MAX_PAGE_SIZE });
  let last: SliceRead | null = null;
  let strayed = 0;
  let wasNothing = false;
  for (let read = 1; read <= MAX_READS; read += 1) {
    const page = await askPage(1);
    const served = servedCount(page);
    const isCounted = page.totalNum !== null;
    const totalNum = page.totalNum ?? served;
    // An answer without even a count is believed to be empty when it comes twice.
    const isNothing = !isCounted && served === 0;
    if (isNothing && !wasNothing) {
      last = { kind: 'inconsistent', why: 'the pool answers with nothing', ...rowsInside(window, page, 0) };
      wasNothing = true;
      continue;
    }
    const isFull = served >= fullPageOf(page, source) && served > 0;
    if (!source.boundsIgnored && ignoresBounds(page, bounds)) {
      // The answer to another question, or a server that ignores the bounds: only the latter does so every time.
      strayed += 1;
      continue;
    }
    if (totalNum === served && !isFull && !hintsAtMorePages(page))
      return { kind: 'complete', ...rowsInside(window, page, totalNum) };
    if (totalNum > served && ignoresBounds(page, bounds)) return { kind: 'unbounded' };
    if (totalNum > served && isFull) return overflow(window, page, bounds, { isCounted, totalNum });
    if (totalNum >= served && served > 0) {
      // A page that is full to the last row, or a server that serves fewer rows than it was asked for without
      // saying so: whether a second page exists tells which.
      const second = await askPage(2);
      const isRepeated = totalNum === served && isSamePage(page, second);
      // Where nobody counts, a page that is full to the last row may be served in the place of another one.
      const mayHideRows = isRepeated && !isCounted && served % PAGE_SIZE_UNIT === 0;
      if (servedCount(second) > 0 && (!isRepeated || mayHideRows)) {
        if (ignoresBounds(page, bounds)) return { kind: 'unbounded' };
        const seen = Math.max(totalNum, isCounted ? 0 : served + servedCount(second));
        return overflow(window, page, bounds, { isCounted, totalNum: seen });
      }
      if (totalNum === served) return { kind: 'complete', ...rowsInside(window, page, totalNum) };
    }
    const why = `the pool counts ${totalNum} rows and serves ${served}`;
    last = { kind: 'inconsistent', why, ...rowsInside(window, page, totalNum) };
  }
  if (last === null || strayed === MAX_READS) return { kind: 'unbounded' };
  return last;
}

/**
 * A page may be full of rows that stand right beside the window, since its bounds reach a little too far: hundreds
 * dated to the midnight at which it ends, or a whole day where bounds are cut to days. Then the window is asked
 * for without those margins. The answer is believed if the rows that it leaves out are as many as the pool counts
 * in the margins alone; otherwise null.
 */
async function readWithoutMargins(
  source: PageSource,
  window: Window,
  { page, bounds, isCounted }: SliceOverflow,
): Promise<SliceRead | null> {
  const below = page.rows.filter((row) => row.minedAtMs < window.fromMs).length;
  const above = page.rows.filter((row) => row.minedAtMs >= window.toMs).length;
  const isCrowded = below + above >= page.rows.length * CROWDED_SHARE;
  if (!isCrowded || !isCounted || page.unreadable.length > 0 || page.totalNum === null) return null;
  const narrow: Bounds = {
    startMs: below > 0 ? Math.max(bounds.startMs, window.fromMs) : bounds.startMs,
    endMs: above > 0 ? Math.min(bounds.endMs, window.toMs - 1) : bounds.endMs,
  };
  const margins = [
    ...(narrow.startMs > bounds.startMs ? [bounds.startMs] : []),
    ...(narrow.endMs < bounds.endMs ? [bounds.endMs] : []),
  ];
  if (margins.length === 0 || narrow.startMs > narrow.endMs) return null;
  let beside = 0;
  for (const atMs of margins) {
    const margin = await source.ask({
      startMs: atMs,
      endMs: atMs,
      currentPage: 1,
      pageSize: MIN_PAGE_SIZE,
    });
    beside += margin.totalNum ?? 0;
  }
  if (beside === 0) return null;
  const own = page.totalNum - beside;
  const read = await readBounds(source, window, narrow);
  if (read.kind === 'complete') return read.totalNum === own ? read : null;
  return read.kind === 'overflow' && read.page.totalNum === own ? read : null;
}

/** Reads a window by a single response; see `readBounds`. */
export async function readSlice(source: PageSource, window: Window, poolNowMs: number): Promise<SliceRead> {
  const read = await readBounds(source, window, requestBounds(window, poolNowMs, source.slackMs));
  if (read.kind !== 'overflow' || source.slackMs > 0) return read;
  return (await readWithoutMargins(source, window, read)) ?? read;
}
