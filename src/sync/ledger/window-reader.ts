import { isKpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import type { UnreadableRow } from '../../domain/page';
import { divideWindow, type Division } from '../../domain/division';
import { DAY_MS, horizonMs, requestBounds, startOfUtcDay, type Window } from '../../domain/windows';
import { readDenseDay } from './dense-day';
import type { Listing } from './listing';
import { MIN_PAGE_SIZE, readSlice, type PageSource, type SliceRead, type SliceRows } from './slice';
import { SpanLimit } from './span-limit';
import { walkWindow } from './walk';

/**
 * Refusals of one question until it is believed that its span is what is refused: a mishap must not have all of
 * history read in small parts from then on. More are needed where as long a span was answered once.
 */
const REFUSALS = { ofUnknown: 2, ofAnswered: 5 };

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

/** What is known of how the server serves a scope. */
export interface ServingFacts {
  /** Rows that a page really holds, where it was seen to hold fewer than asked. */
  readonly fullPage: number;
  readonly hiddenCoins: readonly string[];
  readonly boundsIgnored: boolean;
}

function mergeUnreadable(slices: readonly SliceRows[]): UnreadableRow[] {
  const [plain, ...others] = slices.map((slice) => slice.unreadable);
  const merged = [...(plain ?? [])];
  // The plain listing and a currency's may serve the same broken row: it is one.
  for (const rows of others)
    for (const row of rows) if (!merged.some((known) => known.raw === row.raw)) merged.push(row);
  return merged;
}

/** Reads windows of one scope. */
export class WindowReader {
  readonly spanLimit = new SpanLimit();
  /** The longest span that was ever answered. */
  private answeredMs = 0;
  /** Until a count speaks against it: a server that cuts its bounds to days counts more. */
  private honoursInstants = true;

  constructor(readonly listing: Listing) {}

  /** Reads a window by single responses; a day that no page can hold is read in parts. */
  async read(window: Window, facts: ServingFacts): Promise<WindowRead> {
    const spanMs = Math.min(window.toMs, horizonMs(this.listing.now())) - window.fromMs;
    const tries = spanMs <= this.answeredMs ? REFUSALS.ofAnswered : REFUSALS.ofUnknown;
    for (let refusals = 1; ; refusals += 1) {
      try {
        const read = await this.readResponses(window, facts);
        this.noteAnswered(spanMs);
        return read;
      } catch (error) {
        if (!isKpoolError(error, 'pool.parameter')) throw error;
        if (refusals < tries) continue;
        if (await this.listing.learnsThatFutureIsRefused(window)) return this.read(window, facts);
        const parts = this.spanLimit.shorten(window, this.listing.now());
        if (parts === null || !(await this.listing.answersAtAll())) throw error;
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
      const nowMs = this.listing.now();
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
    return readSlice(this.listing.pages(undefined, MIN_PAGE_SIZE, true), window, this.listing.now());
  }

  /** Notes that the count of the rest did not bear out a claim. */
  noteRefuted(claimed: Window): void {
    const isBetweenDays = (atMs: number): boolean => atMs === Infinity || startOfUtcDay(atMs) === atMs;
    if (!isBetweenDays(claimed.fromMs) || !isBetweenDays(claimed.toMs)) this.honoursInstants = false;
  }

  /** Reads a window page by page until two passes agree: for a server that ignores the bounds. */
  async walk(window: Window, facts: ServingFacts): Promise<WindowRead> {
    return this.readAllCoins(window, facts, (source) =>
      walkWindow(source, window, requestBounds(window, this.listing.now(), source.slackMs)),
    );
  }

  private async readAllCoins(
    window: Window,
    { hiddenCoins, fullPage, boundsIgnored }: ServingFacts,
    readOne: (source: PageSource) => Promise<SliceRead>,
  ): Promise<WindowRead> {
    const slices: SliceRows[] = [];
    let why: string | null = null;
    for (const coin of [undefined, ...hiddenCoins]) {
      const read = await readOne(this.listing.pages(coin, fullPage, boundsIgnored));
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
    const { rows, totalNum, capacity } = read;
    // The count of what is asked for includes rows of other windows.
    const isCounted = read.isCounted && this.listing.slackMs === 0;
    const instants = rows.map((row) => row.minedAtMs);
    const topMs = horizonMs(this.listing.now());
    const grid = { stepMs: DAY_MS, topMs, mayCutSteps: this.honoursInstants };
    // A page of one of several listings, or with rows of unknown dates, proves nothing of a window.
    const isPlain = hiddenCoins.length === 0 && read.unreadable.length === 0;
    const page = { instants, totalNum, capacity, isCounted };
    const division = divideWindow(window, isPlain ? page : null, grid);
    if (division === null) return { kind: 'unbounded' };
    return { kind: 'overflow', division, rows, totalNum, capacity };
  }
}
