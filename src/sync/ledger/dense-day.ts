import { divideWindow } from '../../domain/division';
import type { IncomeRow } from '../../domain/income';
import type { UnreadableRow } from '../../domain/page';
import { contains, requestBounds, type Window } from '../../domain/windows';
import { readSlice, type PageSource, type SliceRead, type SliceRows } from './slice';
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
  private countOfDay: number | null = null;
  /** Rows that the outermost parts were served beyond either end of the day: its count includes them. */
  private beyond = { below: 0, above: 0 };

  constructor(private readonly day: Window) {}

  get isTooMany(): boolean {
    return this.asked > MAX_PARTS;
  }

  /** Whether they are as many rows as the pool counted when it was asked for the whole day. */
  get addUp(): boolean {
    const { below, above } = this.beyond;
    return this.countOfDay === this.rows.length + this.unreadable.length + below + above;
  }

  add({ rows, unreadable }: Pick<SliceRows, 'rows' | 'unreadable'>): void {
    this.rows.push(...rows);
    this.unreadable.push(...unreadable);
  }

  /** The source, watched: what it serves is noted here. */
  watch(source: PageSource): PageSource {
    const { day } = this;
    return {
      ...source,
      ask: async (query) => {
        this.asked += 1;
        const page = await source.ask(query);
        const isFirstPage = query.currentPage === 1;
        const countOf = (isBeyond: (atMs: number) => boolean): number =>
          page.rows.filter((row) => isBeyond(row.minedAtMs)).length;
        const { below, above } = this.beyond;
        const [isLowest, isHighest] = [query.startMs < day.fromMs, query.endMs >= day.toMs];
        if (isLowest && isHighest) this.countOfDay = page.totalNum;
        if (isLowest) this.beyond.below = (isFirstPage ? 0 : below) + countOf((at) => at < day.fromMs);
        if (isHighest) this.beyond.above = (isFirstPage ? 0 : above) + countOf((at) => at >= day.toMs);
        if (countOf((at) => at < query.startMs || at > query.endMs) > 0) this.hasStrayed = true;
        return page;
      },
    };
  }
}

/** Reads a day in parts, each by a single response, down to an instant, which is paged. False: it cannot be done. */
async function readParts(
  source: PageSource,
  day: Window,
  poolNowMs: number,
  parts: DayParts,
  believesOrder: boolean,
): Promise<boolean> {
  const waiting: Window[] = [day];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (parts.isTooMany || parts.hasStrayed) return false;
    const read = await readSlice(source, next, poolNowMs);
    if (read.kind === 'unbounded' || read.kind === 'inconsistent') return false;
    if (read.kind === 'complete') {
      parts.add(read);
      continue;
    }
    const { rows, totalNum, capacity, unreadable } = read;
    const { endMs } = requestBounds(next, poolNowMs);
    const page = { instants: rows.map((row) => row.minedAtMs), totalNum, capacity };
    const division = divideWindow(next, unreadable.length === 0 ? page : null, { stepMs: 1, topMs: endMs });
    if (division === null) {
      const walked = await walkWindow(source, next, poolNowMs);
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

/**
 * Reads a day that holds more rows than a page. The parts must add up to the count of the day, or the day is paged
 * as a whole until two passes agree: a server that cuts its bounds to days would leave such parts empty.
 */
export async function readDenseDay(source: PageSource, day: Window, poolNowMs: number): Promise<SliceRead> {
  const known = { fromMs: day.fromMs, toMs: Math.min(day.toMs, requestBounds(day, poolNowMs).endMs) };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const parts = new DayParts(known);
    const isRead = await readParts(parts.watch(source), known, poolNowMs, parts, attempt === 1);
    if (parts.hasStrayed) break;
    if (isRead && parts.addUp) {
      const { rows, unreadable } = parts;
      return { kind: 'complete', rows, unreadable, totalNum: rows.length + unreadable.length };
    }
  }
  return walkWindow(source, day, poolNowMs);
}
