/** Finds the longest span that the pool answers in full, by a row that its answer for a longer one left out. */
import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { IncomeRow } from '../../domain/income';
import { horizonMsOf, type Window } from '../../domain/ledger/windows';
import { servedCount } from '../../domain/page';
import type { IncomeList } from './income-list';
import type { LedgerSession } from './ledger-session';

/** The spans to try with a pool that answers only part of a longer span, longest first. */
const LADDER_MS = [30 * DAY_MS, 6 * DAY_MS, DAY_MS];

type Spans = Pick<IncomeList, 'now' | 'spanMs' | 'readPage' | 'count'>;

/** Looks for a span limit and records it; false if there is none shorter than the known one. */
export async function learnSpanLimit(
  session: LedgerSession,
  row: IncomeRow,
  window: Window,
): Promise<boolean> {
  const spanLimitMs = await findSpanLimit(session.list, row, window);
  if (spanLimitMs === null || spanLimitMs >= session.spanLimitMs) return false;
  await session.setSpanLimit(spanLimitMs);
  return true;
}

/**
 * Tries spans that begin with the row, and spans that end with it. Null if the pool now serves the row for the wide
 * window too, so that the first answer was an accident, or if no shorter span is any better.
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
    const later = { fromMs: day, toMs: Math.min(day + spanMs, horizonMsOf(list.now())) };
    const earlier = { fromMs: day + DAY_MS - spanMs, toMs: day + DAY_MS };
    if ((await isShownFirst(later)) && (await isShownLast(earlier))) return spanMs;
  }
  return null;
}

/**
 * Whether the pool's answer for a window includes the row. If one page does not hold everything, the count decides: it
 * must exceed that of `without`, the same window except for the days of the row. Null if nothing is left to compare
 * with.
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
