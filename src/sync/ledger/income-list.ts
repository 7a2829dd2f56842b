/** The pool's list of one scope's income, page by page, and what its refusals mean. */
import { throwIfAborted } from '../../core/clock';
import { DAY_MS } from '../../core/day';
import { isKpoolError } from '../../core/errors';
import type { CallOptions } from '../../domain/call-options';
import type { IncomeRow } from '../../domain/income';
import { requestBoundsOf, spanMsOf, type Window } from '../../domain/ledger/windows';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE, servedCount, type Page } from '../../domain/page';
import type { IncomePageQuery, Pool } from '../../domain/pool';
import type { LedgerScope } from '../../domain/scope';
import type { FutureEnd } from './future-end';

/** How far our estimate of the pool's clock may be off: it accepts timestamps within 5 seconds of its own. */
const CLOCK_ERROR_MS = 5_000;
/** The shortest span: a pool that refuses it refuses the scope. */
export const SHORTEST_SPAN_MS = DAY_MS / 4;

type Query = Pick<IncomePageQuery, 'startMs' | 'endMs' | 'currentPage' | 'pageSize'>;

/** What the lists of an account are read from. */
export interface IncomeSource {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly futureEnd: FutureEnd;
}

/** What windows are paged through. */
export type Pages = Pick<IncomeList, 'readPage'>;

/** What the answers of a run show about the whole list. */
interface Seen {
  /** The oldest mining date of any row; Infinity before the first one. */
  readonly oldestMs: number;
  /** The pool serves nothing older. */
  readonly nothingBeforeMs: number;
  /** The most rows that one answer held: a page of fewer was not cut. */
  readonly longestPage: number;
}

/** Reads pages of one list, and records what they show about the whole list. */
export class IncomeList {
  private current: Seen = { oldestMs: Infinity, nothingBeforeMs: -Infinity, longestPage: 0 };
  private hasAnswered = false;

  constructor(
    private readonly source: IncomeSource,
    private readonly scope: LedgerScope,
    private readonly options: CallOptions,
    /** Asks for this coin by name; null: for whatever the pool lists without a name. */
    private readonly coin: string | null = null,
  ) {}

  now(): number {
    return this.source.pool.now();
  }

  get seen(): Seen {
    return this.current;
  }

  get hasShownRows(): boolean {
    return this.current.oldestMs < Infinity;
  }

  noteNothingBefore(nothingBeforeMs: number): void {
    this.current = { ...this.current, nothingBeforeMs };
  }

  /** The span that a request for the window covers, ms. */
  spanMs(window: Window): number {
    return spanMsOf(window, this.now());
  }

  /** A page of a window; null when the pool refuses a span this long. Throws when it refuses the shortest one. */
  async readPage(window: Window, currentPage = 1, pageSize = MAX_PAGE_SIZE): Promise<Page<IncomeRow> | null> {
    const nowMs = this.now();
    const toHorizon = { ...requestBoundsOf(window, nowMs), currentPage, pageSize };
    const untilNow = { ...toHorizon, endMs: Math.min(toHorizon.endMs, nowMs - CLOCK_ERROR_MS) };
    const asked = this.source.futureEnd.isRefused(nowMs) ? untilNow : toHorizon;
    if (asked.startMs > asked.endMs) return emptyPage(asked, 0);
    const page = await this.findPage(asked);
    if (page !== null) return page;
    // The first page was answered, so this page does not exist.
    if (currentPage > 1) return emptyPage(asked, null);
    return this.readRefused(asked, untilNow, nowMs);
  }

  /** The pool's count of the rows of a window; null where it gives none. */
  async count(window: Window): Promise<number | null> {
    return (await this.readPage(window, 1, MIN_PAGE_SIZE))?.totalNum ?? null;
  }

  /**
   * Finds out what the pool refused: the length of the span (returns null), an end in the future (returns the page up
   * to now), or nothing (returns the page, served the second time).
   */
  private async readRefused(asked: Query, untilNow: Query, nowMs: number): Promise<Page<IncomeRow> | null> {
    const page = await this.findPage(untilNow);
    if (page === null) {
      // A pool that refuses the shortest span as well refuses the scope.
      const endMs = nowMs - CLOCK_ERROR_MS;
      if (!this.hasAnswered) await this.send({ ...asked, startMs: endMs - SHORTEST_SPAN_MS, endMs });
      return null;
    }
    if (untilNow.endMs === asked.endMs) return page;
    const after = await this.findPage(asked);
    if (after !== null) return after;
    // The span may be too long only because it ends in the future. A short span with the same end decides it.
    const short = await this.findPage({ ...asked, startMs: asked.endMs - SHORTEST_SPAN_MS });
    if (short !== null && untilNow.startMs < untilNow.endMs) return null;
    this.source.futureEnd.noteRefused(nowMs);
    return page;
  }

  /** Null when the pool refuses the parameters. */
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
    const page = await this.source.pool[ask]({ puid, algo, ...query, ...coinName }, this.options);
    this.hasAnswered = true;
    this.current = {
      ...this.current,
      oldestMs: page.rows.reduce((least, { minedAtMs }) => Math.min(least, minedAtMs), this.current.oldestMs),
      longestPage: Math.max(this.current.longestPage, servedCount(page)),
    };
    return page;
  }
}

function emptyPage({ currentPage, pageSize }: Query, totalNum: number | null): Page<IncomeRow> {
  return { rows: [], unreadable: [], answeredAtMs: 0, currentPage, pageSize, totalNum, totalPage: null };
}
