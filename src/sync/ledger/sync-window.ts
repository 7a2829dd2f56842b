import { KpoolError } from '../../core/errors';
import { divideWindow, type Division } from '../../domain/division';
import type { IncomeRow } from '../../domain/income';
import {
  contains,
  DAY_MS,
  horizonMs,
  isSameWindow,
  startOfUtcDay,
  type StoredWindow,
  type Window,
} from '../../domain/windows';
import type { LedgerCursorPatch } from '../ports';
import type { LedgerSession } from './ledger-session';
import { distrustBounds, lookEverywhere } from './look-everywhere';
import { lookAgain } from './second-look';
import { MIN_PAGE_SIZE } from './slice';
import { findSpanLimit } from './span-search';
import { walkEverything } from './walk-everything';
import type { ReadRows, WindowRead } from './window-reader';

/** Reads that one window may take: far more than the longest history needs. */
const MAX_READS = 20_000;
/** Times that a window is read again as it is after an answer that left something out, before it is halved. */
const MAX_DOUBTS = 2;
/** Looks at a window that do not agree before everything is paged to settle it: something may have moved. */
const MAX_UNCLEAR = 2;
/**
 * Where a scope that shows no row is looked at once more, in days from now. The server may have served the end of
 * the whole history only, where nothing was mined for long, or its beginning: a month, some time ago, is short and
 * late enough for either; these days, where the account has shown no income at all. Other spans follow when
 * everything is read again.
 */
const SECOND_LOOKS = {
  first: [{ from: -65, to: -35 }],
  firstOfAll: [{ from: -6, to: 2 }],
  thorough: [
    { from: -400, to: -35 },
    { from: -6, to: 2 },
  ],
} as const;

type Overflow = Extract<WindowRead, { kind: 'overflow' }>;
type Claim = Extract<Division, { kind: 'claim' }> & { readonly read: ReadRows };

/** The rows of an overflowing page that a claim is about, as a read. */
function claimOf({ division, rows }: Overflow): Claim | null {
  if (division.kind !== 'claim') return null;
  const own = rows.filter((row) => contains(division.claimed, row.minedAtMs));
  return {
    ...division,
    read: { kind: 'complete', why: null, rows: own, unreadable: [], totalNum: own.length },
  };
}

function oldestOf(rows: readonly IncomeRow[]): IncomeRow | undefined {
  return rows.reduce<IncomeRow | undefined>(
    (oldest, row) => (oldest === undefined || row.minedAtMs < oldest.minedAtMs ? row : oldest),
    undefined,
  );
}

/** Reads one window, in parts where it does not fit a page, and commits each part as it is read. */
class WindowSync {
  /** What is left to be read, the next one last. */
  private readonly waiting: Window[] = [];
  /** What an answer for a wider span has left empty; and that span. */
  private leftEmpty: { readonly older: Window; readonly wide: Window } | null = null;
  private doubts = 0;

  constructor(
    private readonly session: LedgerSession,
    private readonly whole: StoredWindow,
    private readonly isThorough: boolean,
  ) {
    this.waiting.push(whole);
  }

  async run(): Promise<void> {
    const { session } = this;
    let claim: Claim | null = null;
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const next = this.waiting.pop();
      if (next === undefined) return;
      const [window, ...older] = session.fit(next);
      this.waiting.push(...older);
      const read = await session.read(window, this.fullPageOf(window));
      if (await this.isClipped(window, read)) {
        this.waiting.push(window);
        continue;
      }
      if (claim !== null) await this.settleClaim(claim, window, read);
      claim = read.kind === 'overflow' ? claimOf(read) : null;
      if (this.isAll(window) && read.kind !== 'unbounded') session.countedAtFirst = read.totalNum;
      const needsWalk = read.kind === 'overflow' && session.facts.boundsIgnored;
      if (read.kind === 'unbounded' || needsWalk) {
        await this.walkAll();
        return;
      }
      if (read.kind === 'overflow') await this.goOn(window, read, claim);
      else await this.commit(window, read);
    }
    throw new KpoolError('sync.limit', 'A window was split without end.');
  }

  /** The server ignores the bounds: all windows become one, and what was left of this one with it. */
  private async walkAll(): Promise<void> {
    this.waiting.length = 0;
    await walkEverything(this.session);
  }

  /** Where nothing is known of the server yet, an empty second page has to say that an answer is all there is. */
  private fullPageOf(window: Window): number {
    return this.isFirst && this.isAll(window) ? MIN_PAGE_SIZE : this.session.capacity;
  }

  /** Nothing of the scope was ever read whole. */
  private get isFirst(): boolean {
    return this.session.windows.every(({ verifiedAtMs }) => verifiedAtMs === null);
  }

  private isOldest(window: Window): boolean {
    return window.fromMs === this.session.deps.tiers.historyStartMs;
  }

  private isAll(window: Window): boolean {
    return this.isOldest(window) && window.toMs === Infinity;
  }

  /**
   * Whether a read shows rows where an answer for a wider span had none, since the server serves a part of a wide
   * span only. Then its limit is learnt, and the window has to be read anew.
   */
  private async isClipped(window: Window, read: WindowRead): Promise<boolean> {
    const { leftEmpty } = this;
    if (leftEmpty === null || !isSameWindow(leftEmpty.older, window)) return false;
    this.leftEmpty = null;
    const row = read.kind === 'unbounded' ? undefined : oldestOf(read.rows);
    return row !== undefined && (await this.learnSpanLimit(leftEmpty.wide, row));
  }

  /** Finds out, by a row that the answer for a window left out, what span the server answers in full. */
  private async learnSpanLimit(wide: Window, row: IncomeRow): Promise<boolean> {
    const { session } = this;
    const spanLimitMs = await findSpanLimit(session, row, wide);
    if (spanLimitMs === null || spanLimitMs >= session.reader.spanLimit.longestMs) return false;
    await session.update({ cursor: { spanLimitMs } });
    return true;
  }

  /** The answer for a window left out a row: reads it in spans that are answered in full, or in halves. */
  private async readInParts(window: Window, read: ReadRows, row: IncomeRow): Promise<void> {
    const { session } = this;
    const isLearnt = await this.learnSpanLimit(window, row);
    if (isLearnt && session.fit(window).length > 1) {
      this.waiting.push(window);
      return;
    }
    this.doubts += 1;
    if (this.doubts <= MAX_DOUBTS) {
      this.waiting.push(window);
      return;
    }
    const grid = { stepMs: DAY_MS, topMs: horizonMs(session.deps.pool.now()) };
    const halves = divideWindow(window, null, grid);
    if (halves?.kind === 'parts') this.waiting.push(...[...halves.parts].reverse());
    else await session.commitUncertified(window, read, 'rows of a day are served now and then');
  }

  /** Commits what a page in order claimed if the count of the rest bears it out, else has it read by itself. */
  private async settleClaim(claim: Claim, window: Window, read: WindowRead): Promise<void> {
    const isBorneOut =
      read.kind !== 'unbounded' && isSameWindow(window, claim.rest) && read.totalNum === claim.restRows;
    if (!isBorneOut) {
      this.session.reader.noteRefuted(claim.claimed);
      this.waiting.push(claim.claimed);
      return;
    }
    const outcome = await this.session.commit(claim.claimed, claim.read, this.secondLookAt(claim.claimed));
    if (outcome.kind !== 'committed') this.waiting.push(claim.claimed);
  }

  private async goOn(window: Window, read: Overflow, claim: Claim | null): Promise<void> {
    const { session } = this;
    const { longestMs } = session.reader.spanLimit;
    const isRefused = read.totalNum === null && longestMs < (session.facts.spanLimitMs ?? Infinity);
    const facts: LedgerCursorPatch = {
      ...(read.capacity !== null && read.capacity < session.capacity ? { pageSizeCap: read.capacity } : {}),
      ...(isRefused ? { spanLimitMs: longestMs } : {}),
      ...(this.isAll(window) && read.totalNum !== null && session.facts.expectedRows === null
        ? { expectedRows: read.totalNum }
        : {}),
    };
    if (Object.keys(facts).length > 0) await session.update({ cursor: facts });
    if (claim !== null) this.waiting.push(claim.rest);
    else if (read.division.kind === 'parts') this.waiting.push(...[...read.division.parts].reverse());
    else this.waiting.push(read.division.rest, read.division.claimed);
  }

  /**
   * Commits a window. A server that serves at most some days of what was asked would look complete: where the
   * history is read for the first time, what is older than the oldest row is asked for by itself.
   */
  private async commit(window: Window, read: ReadRows): Promise<void> {
    const { session } = this;
    const isOfAllTime =
      read.kind === 'complete' &&
      this.isOldest(window) &&
      session.reader.spanLimit.longestMs === Infinity &&
      !session.facts.boundsIgnored;
    const isEnd = isOfAllTime && this.whole.verifiedAtMs === null;
    const oldest = oldestOf(read.rows);
    if (isOfAllTime && this.isAll(window) && oldest === undefined && read.unreadable.length === 0) {
      const overlooked = await this.findOverlooked();
      if (overlooked !== null) {
        await this.readInParts(window, read, overlooked);
        return;
      }
    }
    const fromMs =
      isEnd && oldest !== undefined
        ? Math.max(window.fromMs, startOfUtcDay(oldest.minedAtMs))
        : window.fromMs;
    const proven: Window = { fromMs, toMs: window.toMs };
    const outcome = await session.commit(proven, read, this.secondLookAt(proven));
    const needsWalk = outcome.kind === 'overflow' && session.facts.boundsIgnored;
    if (outcome.kind === 'unbounded' || needsWalk) await this.walkAll();
    else if (outcome.kind === 'overflow') await this.goOn(window, outcome, null);
    if (outcome.kind === 'blind') {
      this.waiting.length = 0;
      await distrustBounds(session);
    }
    if (outcome.kind === 'clipped') await this.readInParts(window, read, outcome.row);
    if (outcome.kind !== 'committed' || fromMs === window.fromMs) return;
    const older: Window = { fromMs: window.fromMs, toMs: fromMs };
    this.waiting.push(older);
    this.leftEmpty = { older, wide: window };
  }

  private async secondLooks(): Promise<readonly { readonly from: number; readonly to: number }[]> {
    if (!this.isFirst) return this.isThorough ? SECOND_LOOKS.thorough : [];
    const { deps, scope } = this.session;
    return (await deps.store.hasIncome(scope)) ? SECOND_LOOKS.first : SECOND_LOOKS.firstOfAll;
  }

  /** A row that an answer without rows for all of history left out: asked for once more, by other bounds. */
  private async findOverlooked(): Promise<IncomeRow | null> {
    const { session } = this;
    const today = startOfUtcDay(session.deps.pool.now());
    for (const { from, to } of await this.secondLooks()) {
      const fromMs = Math.max(session.deps.tiers.historyStartMs, today + from * DAY_MS);
      const span: Window = { fromMs, toMs: today + to * DAY_MS };
      if (span.fromMs >= span.toMs) continue;
      const read = await session.read(span, MIN_PAGE_SIZE);
      const row = read.kind === 'unbounded' ? undefined : oldestOf(read.rows);
      if (row !== undefined) return row;
    }
    return null;
  }

  private secondLookAt(
    window: Window,
  ): Pick<Parameters<LedgerSession['commit']>[2], 'lookAgain' | 'readAgain'> {
    const { session } = this;
    let unclear = 0;
    return {
      lookAgain: async (read, missing) => {
        // No bounds tell anything there.
        if (session.facts.boundsIgnored) return { kind: 'unbounded' };
        const look = await lookAgain(session, window, read, missing);
        unclear += look.kind === 'unclear' ? 1 : 0;
        const isToBeSettled = look.kind === 'gone' || unclear >= MAX_UNCLEAR;
        return isToBeSettled ? lookEverywhere(session, window, read, missing, look) : look;
      },
      readAgain: () => session.read(window, MIN_PAGE_SIZE),
    };
  }
}

/**
 * Reads a window, in parts where it does not fit a page, and commits each part as it is read. `isThorough`: what
 * shows no rows is looked at by other bounds, too.
 */
export async function syncWindow(
  session: LedgerSession,
  window: StoredWindow,
  { isThorough }: { readonly isThorough: boolean },
): Promise<void> {
  await new WindowSync(session, window, isThorough).run();
}
