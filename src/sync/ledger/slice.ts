import type { IncomeRow } from '../../domain/income';
import { servedCount, type Page, type UnreadableRow } from '../../domain/page';
import { contains, DAY_MS, requestBounds, type Window } from '../../domain/windows';

/** The largest page that the specification allows, and the smallest. */
export const MAX_PAGE_SIZE = 100;
export const MIN_PAGE_SIZE = 10;
/** Reads of one window before a contradiction in the answers is taken for lasting. */
const MAX_READS = 3;

/** The pages of one scope, currency filter included. Counts and priorities are the caller's. */
export interface PageSource {
  ask(query: {
    startMs: number;
    endMs: number;
    currentPage: number;
    pageSize: number;
  }): Promise<Page<IncomeRow>>;
  /** So many rows may be all that a page holds, whatever the answer says of its size and of the count. */
  readonly fullPage: number;
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
  /** One page of more: a full page holds `capacity` rows. */
  | ({ readonly kind: 'overflow'; readonly capacity: number } & SliceRows)
  /** The server ignores `startTime` and `endTime`, and has more rows than a page holds. */
  | { readonly kind: 'unbounded' };

function rowsInside(window: Window, page: Page<IncomeRow>): SliceRows {
  const rows = page.rows.filter((row) => contains(window, row.minedAtMs));
  return { rows, unreadable: page.unreadable, totalNum: page.totalNum - (page.rows.length - rows.length) };
}

/** Rows far outside what was asked: more than a server that cuts its bounds to days would serve. */
function ignoresBounds(page: Page<IncomeRow>, bounds: { startMs: number; endMs: number }): boolean {
  return page.rows.some(
    (row) => row.minedAtMs < bounds.startMs - DAY_MS || row.minedAtMs > bounds.endMs + DAY_MS,
  );
}

function overflow(window: Window, page: Page<IncomeRow>): SliceRead {
  const inside = rowsInside(window, page);
  const least = inside.rows.length + inside.unreadable.length;
  return {
    kind: 'overflow',
    capacity: servedCount(page),
    ...inside,
    totalNum: Math.max(inside.totalNum, least),
  };
}

/**
 * Reads a window by a single response, the only read that is consistent in itself. `totalNum` is checked against
 * all rows served; a contradiction is asked again before it is believed.
 */
export async function readSlice(source: PageSource, window: Window, poolNowMs: number): Promise<SliceRead> {
  const bounds = requestBounds(window, poolNowMs);
  const askPage = (currentPage: number): Promise<Page<IncomeRow>> =>
    source.ask({ ...bounds, currentPage, pageSize: MAX_PAGE_SIZE });
  let last: SliceRead | null = null;
  for (let read = 1; read <= MAX_READS; read += 1) {
    const page = await askPage(1);
    const served = servedCount(page);
    const isFull = served >= Math.min(MAX_PAGE_SIZE, page.pageSize, source.fullPage) && served > 0;
    if (page.totalNum === served && !isFull) return { kind: 'complete', ...rowsInside(window, page) };
    if (page.totalNum > served && ignoresBounds(page, bounds)) return { kind: 'unbounded' };
    if (page.totalNum > served && isFull) return overflow(window, page);
    if (page.totalNum >= served && served > 0) {
      // A page that is full to the last row, or a server that serves fewer rows than it was asked for without
      // saying so: whether a second page exists tells which.
      const second = await askPage(2);
      if (servedCount(second) > 0)
        return ignoresBounds(page, bounds) ? { kind: 'unbounded' } : overflow(window, page);
      if (page.totalNum === served) return { kind: 'complete', ...rowsInside(window, page) };
    }
    const why = `the pool counts ${page.totalNum} rows and serves ${served}`;
    last = { kind: 'inconsistent', why, ...rowsInside(window, page) };
  }
  return last ?? { kind: 'unbounded' };
}
