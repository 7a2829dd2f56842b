import { throwIfAborted } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import type { Page, UnreadableRow } from '../../domain/page';
import { divideWindow, type Division } from '../../domain/division';
import { DAY_MS, horizonMs, requestBounds, startOfUtcDay, type Window } from '../../domain/windows';
import type { CallOptions, IncomeQuery, LedgerScope, Pool } from '../ports';
import { readDenseDay } from './dense-day';
import { FutureEnds, shortFuture, shortPast } from './future-ends';
import {
  MIN_PAGE_SIZE,
  readSlice,
  type Bounds,
  type PageSource,
  type SliceRead,
  type SliceRows,
} from './slice';
import { SpanLimit } from './span-limit';
import { walkWindow } from './walk';

/** Refusals of a short span that ends in the future, until it is believed that the future is what is refused. */
const FUTURE_REFUSALS = 2;
/**
 * Refusals of one question until it is believed that its span is what is refused: a mishap must not have all of
 * history read in small parts from then on. More are needed where as long a span was answered once.
 */
const REFUSALS = { ofUnknown: 2, ofAnswered: 5 };
/** Requests for one currency, where spans are limited: 30 days each, they reach back for ten years. */
const MAX_COIN_PROBES = 130;

/** A window read as a whole, over the plain listing and those of hidden currencies. */
export type WindowRead =
  | ({ readonly kind: 'complete' | 'inconsistent'; readonly why: string | null } & SliceRows)
  /** More than one request can read. */
  | {
      readonly kind: 'overflow';
      readonly division: Division;
      /** What was served of it. */
      readonly rows: readonly IncomeRow[];
      /** Rows as the pool counts them, and rows of a full page; null when the span itself was refused. */
      readonly totalNum: number | null;
      readonly capacity: number | null;
    }
  | { readonly kind: 'unbounded' };

/** A read that may be committed: whole, or with a reason why not. */
export type ReadRows = Extract<WindowRead, { kind: 'complete' | 'inconsistent' }>;

interface WindowReaderOptions {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly scope: LedgerScope;
  readonly callOptions: CallOptions;
}

/** What is known of how the server serves a scope. */
export interface ServingFacts {
  /** Rows that a page really holds, where it was seen to hold fewer than asked. */
  readonly fullPage: number;
  readonly hiddenCoins: readonly string[];
  readonly boundsIgnored: boolean;
}

/** Currency filter: undefined is the plain listing. */
type Coin = string | undefined;

function mergeUnreadable(slices: readonly SliceRows[]): UnreadableRow[] {
  const [plain, ...others] = slices.map((slice) => slice.unreadable);
  const merged = [...(plain ?? [])];
  // The plain listing and a currency's may serve the same broken row: it is one.
  for (const rows of others)
    for (const row of rows) if (!merged.some((known) => known.raw === row.raw)) merged.push(row);
  return merged;
}

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

/** Reads windows of one scope. */
export class WindowReader {
  readonly spanLimit = new SpanLimit();
  /** Whether the server answered for this scope at all: then a refusal concerns what was asked. */
  private hasAnswered = false;
  /** Whether it refuses even the shortest query. */
  private isRefused = false;
  /** Whether it was seen to accept an end in the future. */
  private acceptsFuture = false;
  private readonly futureEnds: FutureEnds;
  /** The longest span that was ever answered. */
  private answeredMs = 0;
  /** Until a count speaks against it: a server that cuts its bounds to days counts more. */
  private honoursInstants = true;

  constructor(private readonly options: WindowReaderOptions) {
    this.futureEnds = FutureEnds.of(options.pool);
  }

  sourceOf(coinName: Coin, fullPage: number, boundsIgnored = false): PageSource {
    const { pool, scope, callOptions } = this.options;
    return {
      fullPage,
      boundsIgnored,
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

  /** Reads a window by single responses; a day that no page can hold is read in parts. */
  async read(window: Window, facts: ServingFacts): Promise<WindowRead> {
    const { pool } = this.options;
    const spanMs = Math.min(window.toMs, horizonMs(pool.now())) - window.fromMs;
    const tries = spanMs <= this.answeredMs ? REFUSALS.ofAnswered : REFUSALS.ofUnknown;
    for (let refusals = 1; ; refusals += 1) {
      try {
        const read = await this.readResponses(window, facts);
        this.noteAnswered(spanMs);
        return read;
      } catch (error) {
        if (!isKpoolError(error, 'pool.parameter')) throw error;
        if (refusals < tries) continue;
        if (await this.learnsThatFutureIsRefused(window)) return this.read(window, facts);
        const parts = this.spanLimit.shorten(window, pool.now());
        if (parts === null || !(await this.answersAtAll())) throw error;
        return {
          kind: 'overflow',
          division: { kind: 'parts', parts },
          rows: [],
          totalNum: null,
          capacity: null,
        };
      }
    }
  }

  private async readResponses(window: Window, facts: ServingFacts): Promise<WindowRead> {
    return this.readAllCoins(window, facts, async (source) => {
      const nowMs = this.options.pool.now();
      const read = await readSlice(source, window, nowMs);
      const isOneDay = Math.min(window.toMs, horizonMs(nowMs)) - window.fromMs <= DAY_MS;
      if (read.kind !== 'overflow' || !isOneDay) return read;
      return readDenseDay(source, window, nowMs, read);
    });
  }

  /** Notes that a span of so many ms was answered once. */
  noteAnswered(spanMs: number): void {
    this.answeredMs = Math.max(this.answeredMs, spanMs);
  }

  /** Reads a window of the plain listing by one response, bounds trusted: 'unbounded' where they are ignored. */
  async readOnce(window: Window): Promise<SliceRead> {
    return readSlice(this.sourceOf(undefined, MIN_PAGE_SIZE, true), window, this.options.pool.now());
  }

  /** Rows of a window as the plain listing counts them; null where it says nothing or refuses the question. */
  async count(window: Window): Promise<number | null> {
    try {
      const bounds = requestBounds(window, this.options.pool.now());
      const source = this.sourceOf(undefined, MIN_PAGE_SIZE);
      return (await source.ask({ ...bounds, currentPage: 1, pageSize: MIN_PAGE_SIZE })).totalNum;
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return null;
      throw error;
    }
  }

  /** Notes that the count of the rest did not bear out a claim. */
  noteRefuted(claimed: Window): void {
    const isBetweenDays = (atMs: number): boolean => atMs === Infinity || startOfUtcDay(atMs) === atMs;
    if (!isBetweenDays(claimed.fromMs) || !isBetweenDays(claimed.toMs)) this.honoursInstants = false;
  }

  /** Reads a window page by page until two passes agree: for a server that ignores the bounds. */
  async walk(window: Window, facts: ServingFacts): Promise<WindowRead> {
    return this.readAllCoins(window, facts, (source) =>
      walkWindow(source, window, requestBounds(window, this.options.pool.now())),
    );
  }

  /** Whether the server accepts the shortest query of this scope: then the long span was what it refused. */
  private async answersAtAll(): Promise<boolean> {
    if (this.hasAnswered) return true;
    this.isRefused ||= !(await this.accepts(undefined, shortPast(this.options.pool.now())));
    return !this.isRefused;
  }

  private async accepts(coin: Coin, bounds: Bounds): Promise<boolean> {
    try {
      await this.sourceOf(coin, MIN_PAGE_SIZE).ask({ ...bounds, currentPage: 1, pageSize: MIN_PAGE_SIZE });
      return true;
    } catch (error) {
      if (isKpoolError(error, 'pool.parameter')) return false;
      throw error;
    }
  }

  /** Whether what was refused was an end in the future, which nobody knew before. */
  private async learnsThatFutureIsRefused(window: Window): Promise<boolean> {
    const nowMs = this.options.pool.now();
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

  /**
   * Whether rows of a currency come to light when it is named. A currency that the server refuses has none. Where
   * spans are limited, nothing is asked beyond the oldest row that is known.
   */
  async showsCoin(coin: string, history: Window, oldestRowMs: number): Promise<boolean> {
    const source = this.sourceOf(coin, MIN_PAGE_SIZE);
    const waiting = [history];
    for (let asked = 0; asked < MAX_COIN_PROBES; asked += 1) {
      const next = waiting.pop();
      if (next === undefined || (asked > 0 && next.toMs <= oldestRowMs)) return false;
      const nowMs = this.options.pool.now();
      const [window, ...older] = this.spanLimit.fit(next, nowMs);
      waiting.push(...older);
      const page = { currentPage: 1, pageSize: MIN_PAGE_SIZE };
      try {
        const { rows } = await source.ask({ ...requestBounds(window, nowMs), ...page });
        if (rows.some((row) => row.currency === coin)) return true;
      } catch (error) {
        if (!isKpoolError(error, 'pool.parameter')) throw error;
        if (!(await this.accepts(coin, shortPast(nowMs)))) return false;
        if (await this.learnsThatFutureIsRefused(window)) waiting.push(window);
        else waiting.push(...[...(this.spanLimit.shorten(window, nowMs) ?? [])].reverse());
      }
    }
    return false;
  }

  private async readAllCoins(
    window: Window,
    { hiddenCoins, fullPage, boundsIgnored }: ServingFacts,
    readOne: (source: PageSource) => Promise<SliceRead>,
  ): Promise<WindowRead> {
    const slices: SliceRows[] = [];
    let why: string | null = null;
    for (const coin of [undefined, ...hiddenCoins]) {
      const read = await readOne(this.sourceOf(coin, fullPage, boundsIgnored));
      if (read.kind === 'unbounded') return read;
      if (read.kind === 'overflow') return this.divide(window, read, hiddenCoins);
      if (read.kind === 'inconsistent') why ??= read.why;
      const isOwn = (row: IncomeRow): boolean =>
        coin === undefined ? !hiddenCoins.includes(row.currency) : row.currency === coin;
      const rows = read.rows.filter(isOwn);
      slices.push({
        rows,
        unreadable: read.unreadable,
        totalNum: read.totalNum - (read.rows.length - rows.length),
      });
    }
    const unreadable = mergeUnreadable(slices);
    const rows = slices.flatMap((slice) => slice.rows);
    const isComplete = why === null;
    // A broken row that two listings share was counted by both.
    const totalNum = isComplete
      ? rows.length + unreadable.length
      : slices.reduce((sum, slice) => sum + slice.totalNum, 0);
    return { kind: isComplete ? 'complete' : 'inconsistent', why, rows, unreadable, totalNum };
  }

  private divide(
    window: Window,
    read: Extract<SliceRead, { kind: 'overflow' }>,
    hiddenCoins: readonly string[],
  ): WindowRead {
    const { rows, totalNum, capacity, isCounted } = read;
    const instants = rows.map((row) => row.minedAtMs);
    const topMs = horizonMs(this.options.pool.now());
    const grid = { stepMs: DAY_MS, topMs, mayCutSteps: this.honoursInstants };
    // A page of one of several listings, or with rows of unknown dates, proves nothing of a window.
    const isPlain = hiddenCoins.length === 0 && read.unreadable.length === 0;
    const page = { instants, totalNum, capacity, isCounted };
    const division = divideWindow(window, isPlain ? page : null, grid);
    if (division === null) return { kind: 'unbounded' };
    return { kind: 'overflow', division, rows, totalNum, capacity };
  }
}
