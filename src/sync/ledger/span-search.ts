import { isKpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import { servedCount, type Page } from '../../domain/page';
import { DAY_MS, horizonMs, requestBounds, startOfUtcDay, type Window } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { MAX_PAGE_SIZE } from './slice';

/** Spans to try, longest first, in days: a server that clips does so at a round number of days. */
const SPANS_DAYS = [365, 179, 89, 59, 29, 13, 6, 2, 1];
/** What is tried beyond a span, so that it does not end just where the server clips. */
const ROOM_MS = 3_600_000;

/** Asks whether a row that the pool is known to hold is still counted when it is asked for within a wider span. */
class RowWatch {
  private readonly dayMs: number;

  constructor(
    private readonly session: LedgerSession,
    private readonly row: IncomeRow,
  ) {
    this.dayMs = startOfUtcDay(row.minedAtMs);
  }

  /** Whether the span is answered with the row, at either end of it. */
  async isServedWithin(spanMs: number): Promise<boolean> {
    const { dayMs } = this;
    const later = { fromMs: dayMs, toMs: dayMs + spanMs };
    const earlier = { fromMs: Math.max(0, dayMs + DAY_MS - spanMs), toMs: dayMs + DAY_MS };
    // Beyond the newest instant that is asked for nothing is learnt.
    if (later.toMs > horizonMs(this.session.deps.pool.now())) return false;
    return (await this.isServedAtStart(later)) && (await this.isServedAtEnd(earlier));
  }

  async isServedAtStart(window: Window): Promise<boolean> {
    return this.isServed(window, { fromMs: this.dayMs + 2 * DAY_MS, toMs: window.toMs });
  }

  private async isServedAtEnd(window: Window): Promise<boolean> {
    return this.isServed(window, { fromMs: window.fromMs, toMs: this.dayMs - DAY_MS });
  }

  /** `without`: the same span but for the row; where a page does not hold all, their counts tell. */
  private async isServed(window: Window, without: Window): Promise<boolean> {
    const page = await this.ask(window);
    if (page === null) return false;
    const { currency, type, minedAtMs } = this.row;
    const isThere = page.rows.some(
      (row) => row.currency === currency && row.type === type && row.minedAtMs === minedAtMs,
    );
    const totalNum = page.totalNum ?? 0;
    if (isThere || totalNum <= servedCount(page) || without.fromMs >= without.toMs) return isThere;
    const rest = await this.ask(without);
    return rest !== null && totalNum > (rest.totalNum ?? Infinity);
  }

  private async ask(window: Window): Promise<Page<IncomeRow> | null> {
    const { session, row } = this;
    const coin = session.facts.hiddenCoins.includes(row.currency) ? row.currency : undefined;
    const bounds = requestBounds(window, session.deps.pool.now());
    try {
      const source = session.reader.listing.pages(coin, MAX_PAGE_SIZE);
      return await source.ask({ ...bounds, currentPage: 1, pageSize: MAX_PAGE_SIZE });
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return null;
      throw error;
    }
  }
}

/**
 * The longest span, ms, that the server was seen to answer with all that it holds, once an answer for `wide` left
 * out `row`. Null when `wide` is answered with it now (then it came, or the answer was another's), or when not even
 * a day is.
 */
export async function findSpanLimit(
  session: LedgerSession,
  row: IncomeRow,
  wide: Window,
): Promise<number | null> {
  const watch = new RowWatch(session, row);
  if (await watch.isServedAtStart(wide)) return null;
  for (const days of SPANS_DAYS) {
    if (await watch.isServedWithin(days * DAY_MS + ROOM_MS)) return days * DAY_MS;
  }
  return null;
}
