import { divideWindow } from '../../domain/division';
import type { IncomeRow } from '../../domain/income';
import type { Page, UnreadableRow } from '../../domain/page';
import { contains, requestBounds, type Window } from '../../domain/windows';
import {
  readSlice,
  type Bounds,
  type PageSource,
  type SliceOverflow,
  type SliceRead,
  type SliceRows,
} from './slice';
import { walkWindow } from './walk';

const MAX_PARTS = 200;
/** Attempts to read a day in parts before it is paged as a whole; only the first believes a page in order. */
const MAX_ATTEMPTS = 2;

/** What the parts of a day come to, as far as they have been read. */
class DayParts {
  readonly rows: IncomeRow[] = [];
  readonly unreadable: UnreadableRow[] = [];
  /** True once a part was served rows that it had not asked for: the server does not honour bounds within a day. */
  hasStrayed = false;
  private asked = 0;
  /** Rows that the outermost parts were served beyond either end of the day: its count includes them. */
  private beyond = { below: 0, above: 0 };

  constructor(
    private readonly day: Window,
    private readonly whole: SliceOverflow,
  ) {
    this.note(whole.page, { ...whole.bounds, currentPage: 1 });
  }

  get isTooMany(): boolean {
    return this.asked > MAX_PARTS;
  }

  /** Whether they are as many rows as the pool counted when it was asked for the whole day. */
  get addUp(): boolean {
    const { below, above } = this.beyond;
    return this.whole.page.totalNum === this.rows.length + this.unreadable.length + below + above;
  }

  add({ rows, unreadable }: Pick<SliceRows, 'rows' | 'unreadable'>): void {
    this.rows.push(...rows);
    this.unreadable.push(...unreadable);
  }

  /** The source, watched: what it serves is noted here. */
  watch(source: PageSource): PageSource {
    return {
      ...source,
      ask: async (query) => {
        this.asked += 1;
        const page = await source.ask(query);
        this.note(page, query);
        return page;
      },
    };
  }

  private note(page: Page<IncomeRow>, query: Bounds & { currentPage: number }): void {
    const { day, whole } = this;
    const isFirstPage = query.currentPage === 1;
    const countOf = (isBeyond: (atMs: number) => boolean): number =>
      page.rows.filter((row) => isBeyond(row.minedAtMs)).length;
    const { below, above } = this.beyond;
    const [isLowest, isHighest] = [
      query.startMs <= whole.bounds.startMs,
      query.endMs >= whole.bounds.endMs && query.endMs > query.startMs,
    ];
    if (isLowest) this.beyond.below = (isFirstPage ? 0 : below) + countOf((at) => at < day.fromMs);
    if (isHighest) this.beyond.above = (isFirstPage ? 0 : above) + countOf((at) => at >= day.toMs);
    if (countOf((at) => at < query.startMs || at > query.endMs) > 0) this.hasStrayed = true;
  }
}

/** Reads a day in parts, each by a single response, down to an instant, which is paged. False: it cannot be done. */
async function readParts(
  source: PageSource,
  day: { readonly window: Window; readonly whole: SliceOverflow; readonly poolNowMs: number },
  parts: DayParts,
  believesOrder: boolean,
): Promise<boolean> {
  const { poolNowMs } = day;
  const waiting: Window[] = [day.window];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (parts.isTooMany || parts.hasStrayed) return false;
    const read: SliceRead = next === day.window ? day.whole : await readSlice(source, next, poolNowMs);
    if (read.kind === 'unbounded' || read.kind === 'inconsistent') return false;
    if (read.kind === 'complete') {
      parts.add(read);
      continue;
    }
    const { rows, totalNum, capacity, isCounted, bounds, unreadable } = read;
    const page = { instants: rows.map((row) => row.minedAtMs), totalNum, capacity, isCounted };
    const division = divideWindow(next, unreadable.length === 0 ? page : null, {
      stepMs: 1,
      topMs: requestBounds(next, poolNowMs).endMs,
    });
    if (division === null) {
      const walked = await walkWindow(source, next, bounds);
      if (walked.kind !== 'complete') return false;
      parts.add(walked);
    } else if (division.kind === 'parts') {
      waiting.push(...[...division.parts].reverse());
    } else {
      const { claimed, rest } = division;
      // Whether the claim holds, the count of the day tells in the end.
      if (believesOrder)
        parts.add({ rows: rows.filter((row) => contains(claimed, row.minedAtMs)), unreadable: [] });
      waiting.push(rest, ...(believesOrder ? [] : [claimed]));
    }
  }
  return true;
}

/** Whether a page holds rows of one instant only, so that no part of the day would be smaller. */
function isOneInstant({ rows, page }: SliceOverflow): boolean {
  const [first] = rows;
  return rows.length >= page.rows.length - 1 && rows.every((row) => row.minedAtMs === first?.minedAtMs);
}

/**
 * Reads a day that holds more rows than a page, of which `first` is one. The parts must add up to the count of the
 * day, or the day is paged as a whole until two passes agree: a server that cuts its bounds to days would leave
 * such parts empty.
 */
export async function readDenseDay(
  source: PageSource,
  day: Window,
  poolNowMs: number,
  first: SliceOverflow,
): Promise<SliceRead> {
  const window = { fromMs: day.fromMs, toMs: Math.min(day.toMs, requestBounds(day, poolNowMs).endMs) };
  let whole: SliceRead = first;
  // Parts of a day are smaller than what is asked for beside them.
  const isInParts = source.slackMs === 0 && !isOneInstant(first);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS && isInParts; attempt += 1) {
    if (attempt > 1) whole = await readSlice(source, window, poolNowMs);
    if (whole.kind !== 'overflow') return whole;
    const parts = new DayParts(window, whole);
    const isRead = await readParts(
      parts.watch(source),
      { window, whole, poolNowMs },
      parts,
      attempt === 1 && whole.isCounted,
    );
    if (parts.hasStrayed) break;
    if (isRead && parts.addUp) {
      const { rows, unreadable } = parts;
      return { kind: 'complete', rows, unreadable, totalNum: rows.length + unreadable.length };
    }
  }
  return walkWindow(source, day, first.bounds);
}
