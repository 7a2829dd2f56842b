import type { IncomeRow } from '../../domain/income';
import { servedCount } from '../../domain/page';
import { DAY_MS, horizonMs, startOfUtcDay, type Window } from '../../domain/windows';
import type { IncomeList } from './income-list';

/** The spans to try with a pool that answers only part of a longer span, longest first. */
const LADDER_MS = [30 * DAY_MS, 6 * DAY_MS, DAY_MS];
/** A request reaches one millisecond beyond its window on either side. */
const MARGINS_MS = 2;
type Spans = Pick<IncomeList, 'now' | 'spanMs' | 'readPage' | 'count'>;

/** A limit of fewer days leaves no room for cuts between days. */
const LEAST_DAYS_MS = 2 * DAY_MS;

/**
 * A window in parts no longer than what the pool answers in full, newest first. The newest one, which grows with time,
 * gets room to grow.
 */
export function fitSpan(window: Window, limitMs: number, nowMs: number): Window[] {
  const parts: Window[] = [];
  let { toMs } = window;
  for (;;) {
    const topMs = Math.min(toMs, horizonMs(nowMs));
    if (topMs - window.fromMs <= limitMs) return [...parts, { fromMs: window.fromMs, toMs }];
    const isGrowing = toMs === Infinity && limitMs >= 2 * LEAST_DAYS_MS;
    const cut = topMs - (isGrowing ? limitMs / 2 : limitMs) + MARGINS_MS;
    const fromMs = limitMs < LEAST_DAYS_MS ? cut : startOfUtcDay(cut - 1) + DAY_MS;
    parts.push({ fromMs, toMs });
    toMs = fromMs;
  }
}

/** The limit after a span was refused: half of it. */
export function halfOf(spanMs: number): number {
  return spanMs >= LEAST_DAYS_MS ? startOfUtcDay(spanMs / 2) : Math.floor(spanMs / 2);
}

/**
 * Whether an answer for a window holds the row. Where a page does not hold everything, the count decides: it must
 * exceed that of `without`, the same window except for the days of the row. Null where nothing is left to compare with.
 */
async function showsRow(
  list: Spans,
  row: IncomeRow,
  window: Window,
  without: Window,
): Promise<boolean | null> {
  const page = await list.readPage(window);
  if (page === null) return false;
  if (page.rows.some(({ minedAtMs, currency }) => minedAtMs === row.minedAtMs && currency === row.currency))
    return true;
  const totalNum = page.totalNum ?? 0;
  if (totalNum <= servedCount(page)) return false;
  if (without.fromMs >= without.toMs) return null;
  return totalNum > ((await list.count(without)) ?? Infinity);
}

/**
 * Finds the longest span that the pool answers in full, by a row that its answer for a wider window left out: a span
 * with the row at its beginning, and one with the row at its end. Null where that window may be answered with the row
 * by now, so that the first answer was a mishap, or where no shorter span is any better.
 */
export async function findSpanLimit(list: Spans, row: IncomeRow, wide: Window): Promise<number | null> {
  const day = startOfUtcDay(row.minedAtMs);
  const isShownFirst = (window: Window): Promise<boolean | null> =>
    showsRow(list, row, window, { fromMs: day + 2 * DAY_MS, toMs: window.toMs });
  const isShownLast = (window: Window): Promise<boolean | null> =>
    showsRow(list, row, window, { fromMs: window.fromMs, toMs: day - DAY_MS });
  // A day beyond either end: bounds that are shifted by a zone leave out rows near the ends of any span.
  const isShown = await isShownFirst({ fromMs: wide.fromMs - DAY_MS, toMs: wide.toMs + DAY_MS });
  if (isShown !== false) return null;
  for (const spanMs of LADDER_MS) {
    if (spanMs >= list.spanMs(wide)) continue;
    const later = { fromMs: day, toMs: Math.min(day + spanMs, horizonMs(list.now())) };
    const earlier = { fromMs: day + DAY_MS - spanMs, toMs: day + DAY_MS };
    if ((await isShownFirst(later)) && (await isShownLast(earlier))) return spanMs;
  }
  return null;
}
