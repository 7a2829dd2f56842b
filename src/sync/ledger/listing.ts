import { throwIfAborted } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import type { Page } from '../../domain/page';
import { requestBounds, type Window } from '../../domain/windows';
import type { CallOptions, IncomeQuery, LedgerScope, Pool } from '../ports';
import { FutureEnds, shortFuture, shortPast } from './future-ends';
import { MIN_PAGE_SIZE, type Bounds, type PageSource } from './slice';

/** Refusals of a short span that ends in the future, until it is believed that the future is what is refused. */
const FUTURE_REFUSALS = 2;
interface ListingOptions {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly scope: LedgerScope;
  readonly callOptions: CallOptions;
}

/** Currency filter: undefined is the plain listing. */
export type Coin = string | undefined;

function emptyPage(
  { currentPage, pageSize }: { currentPage: number; pageSize: number },
  totalNum: number | null,
): Page<IncomeRow> {
  return {
    rows: [],
    unreadable: [],
    answeredAtMs: 0,
    currentPage,
    pageSize,
    totalNum,
    totalPage: null,
  };
}

/** The listing of one scope: asks for its pages, and finds out what its server accepts. */
export class Listing {
  /** Whether the server answered for this scope at all: then a refusal concerns what was asked. */
  private hasAnswered = false;
  /** Whether it refuses even the shortest query. */
  private isRefused = false;
  /** Whether it was seen to accept an end in the future. */
  private acceptsFuture = false;
  private readonly futureEnds: FutureEnds;
  /** By how much more than a window has to be asked for on either side, ms. */
  slackMs = 0;

  constructor(private readonly options: ListingOptions) {
    this.futureEnds = FutureEnds.of(options.pool);
  }

  /** The pool's clock, ms. */
  now(): number {
    return this.options.pool.now();
  }

  pages(coinName: Coin, fullPage: number, boundsIgnored = false): PageSource {
    const { pool, scope, callOptions } = this.options;
    return {
      fullPage,
      boundsIgnored,
      slackMs: this.slackMs,
      ask: async (asked) => {
        throwIfAborted(callOptions.signal);
        const bounds = this.futureEnds.clamp(asked, pool.now());
        if (bounds === null) return emptyPage(asked, 0);
        const full: IncomeQuery = {
          puid: scope.puid,
          algo: scope.algo,
          ...bounds,
          ...(coinName === undefined ? {} : { coinName }),
        };
        try {
          const page = await (scope.stream === 'earnings'
            ? pool.queryEarnings(full, callOptions)
            : pool.queryRewards(full, callOptions));
          this.hasAnswered = true;
          return page;
        } catch (error) {
          // The first page of the same query was answered: there is no page of this number.
          if (asked.currentPage === 1 || !isKpoolError(error, 'pool.parameter')) throw error;
          return emptyPage(asked, null);
        }
      },
    };
  }

  /** Rows of a window as the plain listing counts them; null where it says nothing or refuses the question. */
  async count(window: Window): Promise<number | null> {
    try {
      const bounds = requestBounds(window, this.now(), this.slackMs);
      const source = this.pages(undefined, MIN_PAGE_SIZE);
      return (await source.ask({ ...bounds, currentPage: 1, pageSize: MIN_PAGE_SIZE })).totalNum;
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return null;
      throw error;
    }
  }

  /** Whether the server accepts the shortest query of this scope: then the long span was what it refused. */
  async answersAtAll(): Promise<boolean> {
    if (this.hasAnswered) return true;
    this.isRefused ||= !(await this.accepts(undefined, shortPast(this.now())));
    return !this.isRefused;
  }

  async accepts(coin: Coin, bounds: Bounds): Promise<boolean> {
    try {
      await this.pages(coin, MIN_PAGE_SIZE).ask({ ...bounds, currentPage: 1, pageSize: MIN_PAGE_SIZE });
      return true;
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return false;
      throw error;
    }
  }

  /** Whether what was refused was an end in the future, which nobody knew before. */
  async learnsThatFutureIsRefused(window: Window): Promise<boolean> {
    const nowMs = this.now();
    const isFuture = requestBounds(window, nowMs).endMs > nowMs;
    if (!isFuture || this.acceptsFuture || this.futureEnds.areRefused(nowMs)) return false;
    if (!(await this.answersAtAll())) return false;
    // A single refusal may be a mishap, and would hide rows that are dated ahead.
    for (let n = 0; n < FUTURE_REFUSALS; n += 1) {
      if (await this.accepts(undefined, shortFuture(nowMs))) {
        this.acceptsFuture = true;
        return false;
      }
    }
    this.futureEnds.noteRefused(nowMs);
    return true;
  }
}
