/** The pool's list of one scope's income, page by page, and what its refusals mean. */
import { throwIfAborted } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { CallOptions } from '../../domain/call-options';
import type { IncomeRow } from '../../domain/income';
import { servedCount, type Page } from '../../domain/page';
import type { IncomePageQuery, Pool } from '../../domain/pool';
import type { LedgerScope } from '../../domain/scope';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE } from '../../domain/window-answer';
import { DAY_MS, requestBounds, spanMsOf, type Window } from '../../domain/windows';

/** How far our estimate of the pool's clock may be off: it accepts timestamps within 5 seconds of its own. */
const CLOCK_ERROR_MS = 5_000;
/** The shortest span: a pool that refuses it refuses the scope. */
export const SHORTEST_SPAN_MS = DAY_MS / 4;
/** How long a refused end in the future is remembered: if that was a mishap, rows dated ahead must show again. */
const FUTURE_REFUSED_MS = DAY_MS;

type Query = Pick<IncomePageQuery, 'startMs' | 'endMs' | 'currentPage' | 'pageSize'>;

export type IncomePool = Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;

/** What windows are read from. */
export type Pages = Pick<IncomeList, 'readPage' | 'longestPage'>;

/** When each pool last refused an end in the future, shared by the scopes of an account. */
const futureRefusedAt = new WeakMap<object, number>();

/** Asks for pages, and remembers what they show about the whole list. */
export class IncomeList {
  /** The oldest mining date in any answer of this run; Infinity before the first row. */
  oldestSeenMs = Infinity;
  /** An answer of this run showed that the pool serves nothing older. */
  emptyBeforeMs = -Infinity;
  /** The most rows that any answer of this run held: a page of fewer was not cut. */
  longestPage = 0;
  private hasAnswered = false;

  constructor(
    private readonly pool: IncomePool,
    private readonly scope: LedgerScope,
    private readonly options: CallOptions,
    /** Asks only for this coin, by name; null: for whatever the pool shows. */
    private readonly coin: string | null = null,
  ) {}

  now(): number {
    return this.pool.now();
  }

  get hasShownRows(): boolean {
    return this.oldestSeenMs < Infinity;
  }

  /** The span that a request for the window covers, ms. */
  spanMs(window: Window): number {
    return spanMsOf(window, this.now());
  }

  /** A page of a window; null when the pool refuses a span this long. Throws when it refuses the shortest one. */
  async readPage(window: Window, currentPage = 1, pageSize = MAX_PAGE_SIZE): Promise<Page<IncomeRow> | null> {
    const nowMs = this.now();
    const asked = { ...requestBounds(window, nowMs), currentPage, pageSize };
    const untilNow = { ...asked, endMs: Math.min(asked.endMs, nowMs - CLOCK_ERROR_MS) };
    const isFutureRefused = nowMs - (futureRefusedAt.get(this.pool) ?? -Infinity) < FUTURE_REFUSED_MS;
    if (isFutureRefused && untilNow.startMs > untilNow.endMs) return emptyPage(asked, 0);
    const page = await this.findPage(isFutureRefused ? untilNow : asked);
    if (page !== null) return page;
    // The first page was answered, so this page does not exist.
    if (currentPage > 1) return emptyPage(asked, null);
    return this.readRefused(isFutureRefused ? untilNow : asked, untilNow, nowMs);
  }

  /** The pool's count of the rows of a window; null where it gives none. */
  async count(window: Window): Promise<number | null> {
    return (await this.readPage(window, 1, MIN_PAGE_SIZE))?.totalNum ?? null;
  }

  /** One refusal may be a mishap, or about the end in the future rather than the span. */
  private async readRefused(asked: Query, untilNow: Query, nowMs: number): Promise<Page<IncomeRow> | null> {
    const page = await this.findPage(untilNow);
    if (page === null) {
      // About the span, unless the pool refuses the shortest one as well.
      const endMs = nowMs - CLOCK_ERROR_MS;
      if (!this.hasAnswered) await this.send({ ...asked, startMs: endMs - SHORTEST_SPAN_MS, endMs });
      return null;
    }
    if (untilNow.endMs === asked.endMs) return page;
    const future = await this.findPage(asked);
    if (future !== null) return future;
    // The span may be a little too long only with what is to come: a short one tells.
    const short = await this.findPage({ ...asked, startMs: asked.endMs - SHORTEST_SPAN_MS });
    if (short !== null && untilNow.startMs < untilNow.endMs) return null;
    futureRefusedAt.set(this.pool, nowMs);
    return page;
  }

  private async findPage(query: Query): Promise<Page<IncomeRow> | null> {
    try {
      return await this.send(query);
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return null;
      throw error;
    }
  }

  private async send(query: Query): Promise<Page<IncomeRow>> {
    throwIfAborted(this.options.signal);
    const { puid, algo, stream } = this.scope;
    const ask = stream === 'earnings' ? 'queryEarnings' : 'queryRewards';
    const coinName = this.coin === null ? {} : { coinName: this.coin };
    const page = await this.pool[ask]({ puid, algo, ...query, ...coinName }, this.options);
    this.hasAnswered = true;
    this.longestPage = Math.max(this.longestPage, servedCount(page));
    for (const { minedAtMs } of page.rows) this.oldestSeenMs = Math.min(this.oldestSeenMs, minedAtMs);
    return page;
  }
}

function emptyPage({ currentPage, pageSize }: Query, totalNum: number | null): Page<IncomeRow> {
  return { rows: [], unreadable: [], answeredAtMs: 0, currentPage, pageSize, totalNum, totalPage: null };
}
