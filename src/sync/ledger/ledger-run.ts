/**
 * One run over one scope of the ledger.
 *
 *      due windows, newest first                             ┌──────────────────────────────┐
 *               │                                            ▼                              │
 *               ▼      refused, prefix, parts: smaller ones  │                              │
 *        ┌─▶ READ A WINDOW ──────────────────────────────────┘                              │
 *        │      │  │  └─ unproven ─▶ PAGE THE WINDOW ─┐                                    │
 *        │      │  └─ whole ──────────────────────────┤                                     │
 *        │      │                                     ▼                                     │
 *        │      │                              rows vanished? ── no ──▶ COMMIT ─▶ next window
 *        │      │                                     │ yes               ▲
 *        │      │ strayed                             ▼                   │ gone
 *        │      │                              CONFIRMATION READ ─────────┘
 *        │      ▼                                │        │     └─ emptied ─▶ partial, nothing changes
 *        │   PAGE EVERYTHING ◀── contradicted ───┘        └─ clipped: the span limit is learnt
 *        │      ▲                                                  │
 *        └──────┼── plan anew ◀────────────────────────────────────┘
 *               └── COUNT CHECK, once all windows are read: the pool counts more than they hold
 *
 * The table `NEXT` says what each answer leads to.
 */
import { KpoolError } from '../../core/errors';
import type { UnreadableRow } from '../../domain/page';
import { cutAt } from '../../domain/window-cuts';
import { countedBy, insideOf, type WindowAnswer, type WindowRead } from '../../domain/window-answer';
import { DAY_MS, isSameWindow, startOfUtcDay, type StoredWindow, type Window } from '../../domain/windows';
import { commitRead, type CommitOutcome } from './commit-read';
import { SHORTEST_SPAN_MS } from './income-list';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readWindow, type WindowReading } from './read-window';
import { findSpanLimit, fitSpan, halfOf } from './span-limit';

/** Reads that one window may take: far more than the longest history needs. */
const MAX_READS = 20_000;
/** Up to this many unreadable rows of a window have their days read separately; with more, all of it is in doubt. */
const MAX_DAYS_APART = 5;
/** How often a window is read again because a probe contradicts it, before it is accepted as it is. */
const MAX_PROBES = 2;
/**
 * The spans that are probed in a scope that shows no row, in days from now: a pool that answers only the end or the
 * beginning of a long span would hide all of it. One of them at first, then the next one each week.
 */
const PROBES = [
  { from: -65, to: -35 },
  { from: -6, to: 2 },
  { from: -400, to: -35 },
];

/** How the read of one stored window ended. */
export type WindowEnd = CommitOutcome;

/** Null: continue with the next waiting window. */
type Next = WindowEnd | null;

class WindowRun {
  /** Windows that are still to be read, the next one last. */
  readonly waiting: Window[];
  private claim: Extract<WindowAnswer, { kind: 'prefix' }> | null = null;
  private probes = 0;

  constructor(
    private readonly session: LedgerSession,
    private readonly stored: StoredWindow,
    private readonly isDeep: boolean,
  ) {
    this.waiting = [stored];
  }

  async run(): Promise<WindowEnd> {
    const { session } = this;
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const next = this.waiting.pop();
      if (next === undefined) return 'committed';
      const [window = next, ...older] = fitSpan(next, session.spanLimitMs, session.list.now());
      this.waiting.push(...older.reverse());
      const answer = await readWindow(session.list, window, session.isFirst);
      const settled = await this.settleClaim(window, answer);
      if (settled !== null) return settled;
      const end = await this.follow(answer.kind, window, answer);
      if (end !== null) return end;
    }
    throw new KpoolError('sync.limit', 'A window was split too often.');
  }

  private follow<Kind extends WindowReading['kind']>(
    kind: Kind,
    window: Window,
    answer: Extract<WindowReading, { kind: Kind }>,
  ): Promise<Next> {
    return NEXT[kind](this, window, answer);
  }

  /** Commits a proven prefix if the count of the rest confirms it; otherwise reads the prefix separately. */
  private async settleClaim(window: Window, answer: WindowReading): Promise<Next> {
    const { claim, session } = this;
    this.claim = null;
    if (isSameWindow(window, session.whole)) await session.noteCount(countedBy(answer));
    if (claim === null) return null;
    if (countedBy(answer) !== claim.restRows) {
      this.waiting.push(claim.claimed);
      return null;
    }
    return this.finish(claim.claimed, claim.read);
  }

  /** Keeps a proven prefix until the rest has been counted. */
  hold(claim: Extract<WindowAnswer, { kind: 'prefix' }>): void {
    this.claim = claim;
    this.waiting.push(claim.rest);
  }

  /** The pool refuses a span this long: from now on the limit is half of it. */
  async shorten(window: Window): Promise<null> {
    const spanMs = this.session.list.spanMs(window);
    if (spanMs <= SHORTEST_SPAN_MS)
      throw new KpoolError('pool.parameter', 'The pool refuses the shortest span.');
    await this.session.update({ cursor: { spanLimitMs: Math.max(SHORTEST_SPAN_MS, halfOf(spanMs)) } });
    this.waiting.push(window);
    return null;
  }

  async page(window: Window): Promise<Next> {
    return this.finish(window, await pageThrough(this.session.list, window));
  }

  /** Commits a whole window, after the days of its unreadable rows were read separately and its old end was probed. */
  async finish(window: Window, read: WindowRead): Promise<Next> {
    const { session } = this;
    const apart = this.apartFrom(window, read.unreadable);
    if (apart.length > 1) {
      this.waiting.push(...apart.reverse());
      return null;
    }
    const probe = this.probeOf(window, read);
    if (probe === null) return this.commit(window, read, []);
    const page = await session.list.readPage(probe);
    const shown = page === null ? undefined : insideOf(probe, page).rows[0];
    const cuts = read.rows.length > 0 ? [probe.toMs] : [];
    if (shown === undefined) return this.commit(window, read, cuts);
    const limitMs = await findSpanLimit(session.list, shown, window);
    if (limitMs !== null) {
      await session.update({ cursor: { spanLimitMs: limitMs } });
      return 'clipped';
    }
    this.probes += 1;
    if (this.probes >= MAX_PROBES)
      return this.commit(
        window,
        { ...read, doubt: 'a part of a span shows rows that all of it does not' },
        [],
      );
    this.waiting.push(window);
    return null;
  }

  private async commit(window: Window, read: WindowRead, cuts: readonly number[]): Promise<Next> {
    const outcome = await commitRead(this.session, window, read, cuts);
    return outcome === 'committed' ? null : outcome;
  }

  /** The window in parts, each unreadable row's day being one of them. */
  private apartFrom(window: Window, unreadable: readonly UnreadableRow[]): Window[] {
    const { list } = this.session;
    const isLong = list.spanMs(window) > DAY_MS;
    if (!isLong || unreadable.length === 0 || unreadable.length > MAX_DAYS_APART) return [window];
    for (const { minedAtMs } of unreadable) {
      const day = startOfUtcDay(minedAtMs ?? NaN);
      const parts = cutAt(window, [day, day + DAY_MS]);
      if (parts.length > 1) return parts;
    }
    // Rows are often dated to midnight, so a cut at noon meets none.
    const middle = startOfUtcDay(window.fromMs + list.spanMs(window) / 2) + DAY_MS / 2;
    return cutAt(window, [middle]);
  }

  /**
   * What to probe when the beginning of the history is read: everything older than the oldest row. Null where that is
   * known, or cannot be found out.
   */
  private probeOf(window: Window, { rows }: WindowRead): Window | null {
    const { session, stored } = this;
    const isBeginning = window.fromMs === session.whole.fromMs && session.spanLimitMs === Infinity;
    if (!isBeginning) return null;
    if (rows.length > 0) {
      const oldestMs = rows.reduce((least, { minedAtMs }) => Math.min(least, minedAtMs), Infinity);
      const toMs = startOfUtcDay(oldestMs);
      return toMs > window.fromMs ? { fromMs: window.fromMs, toMs } : null;
    }
    const isNew = stored.verifiedAtMs === null;
    if (window.toMs < Infinity || !(isNew || this.isDeep)) return null;
    const today = startOfUtcDay(session.list.now());
    const week = isNew ? 0 : Math.floor(today / DAY_MS / 7);
    const { from, to } = PROBES[week % PROBES.length] ?? { from: -65, to: -35 };
    const fromMs = Math.max(window.fromMs, today + from * DAY_MS);
    return fromMs < today + to * DAY_MS ? { fromMs, toMs: today + to * DAY_MS } : null;
  }
}

/** What each answer leads to. */
const NEXT: {
  readonly [Kind in WindowReading['kind']]: (
    run: WindowRun,
    window: Window,
    answer: Extract<WindowReading, { kind: Kind }>,
  ) => Promise<Next>;
} = {
  whole: (run, window, { read }) => run.finish(window, read),
  prefix: (run, _window, answer) => {
    run.hold(answer);
    return Promise.resolve(null);
  },
  parts: (run, _window, { parts }) => {
    run.waiting.push(...[...parts].reverse());
    return Promise.resolve(null);
  },
  unproven: (run, window) => run.page(window),
  refused: (run, window) => run.shorten(window),
  strayed: () => Promise.resolve('contradicted'),
};

/** Reads one stored window, in parts if it does not fit into a page, and commits each part as it is read. */
export async function syncWindow(
  session: LedgerSession,
  stored: StoredWindow,
  isDeep: boolean,
): Promise<WindowEnd> {
  return new WindowRun(session, stored, isDeep).run();
}
