/**
 * One run over one scope of the ledger: a window is read by one response; whatever one response cannot prove is paged;
 * whatever contradicts the count of everything is paged as a whole; whatever is still in doubt makes the run partial.
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
 *        └──────┼── plan again ◀───────────────────────────────────┘
 *               └── COUNT CHECK, once all windows are read: the pool counts more than they hold
 *
 * Before a commit, the oldest window is probed for rows that are older still, which shows whether spans are clipped. If a
 * confirmation read sees rows move, the window is read again, a few times; after that it is in doubt.
 *
 * If a confirmation is contradicted, the rows of the read are stored once without proof, and the window is read again after
 * the remaining ones, which may explain the contradiction.
 *
 * `NEXT` says what each answer leads to, `commit-read.ts` what a commit does, `sync-ledger-scope.ts` what is due.
 */
import { startOfUtcDay } from '../../core/day';
import { KpoolError } from '../../core/errors';
import { cutOutUnreadable } from '../../domain/ledger/window-cuts';
import { isUnread } from '../../domain/ledger/ledger-state';
import { countedBy, insideOf, type WindowRead } from '../../domain/ledger/window-answer';
import { fitSpan, halfOf, probeOfEmpty } from '../../domain/ledger/window-spans';
import { isSameWindow, type StoredWindow, type Window } from '../../domain/ledger/windows';
import { commitRead, type CommitOutcome } from './commit-read';
import { SHORTEST_SPAN_MS } from './income-list';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readWindow, type WindowReading } from './read-window';
import { learnSpanLimit } from './span-limit';

/** `continue`: read the next part in the queue; otherwise, how the read of the window ended. */
type Next = 'continue' | Exclude<CommitOutcome, 'committed'>;

type AnswerOf<Kind> = Extract<WindowReading, { kind: Kind }>;
type Reaction<Kind> = (run: WindowRun, window: Window, answer: AnswerOf<Kind>) => Next | Promise<Next>;

/** What each answer leads to. */
const NEXT: { readonly [Kind in WindowReading['kind']]: Reaction<Kind> } = {
  complete: (run, window, { read }) => run.finish(window, read),
  prefix: (run, _window, prefix) => run.countRestOf(prefix),
  parts: (run, _window, { parts }) => run.queueParts(parts),
  unproven: (run, window) => run.pageWindow(window),
  refused: (run, window) => run.halve(window),
  strayed: () => 'contradicted',
};

/** Reads that one window may take: far more than the longest history needs. */
const MAX_READS = 20_000;
/** How often a window is read again because a probe contradicts it, before it is accepted as it is. */
const MAX_PROBES = 2;

class WindowRun {
  /** Parts still to be read, the next one last. */
  private readonly queue: Window[] = [];
  /** A proven prefix whose rest is not counted yet. */
  private prefix: AnswerOf<'prefix'> | null = null;
  private probes = 0;

  constructor(
    private readonly session: LedgerSession,
    private readonly stored: StoredWindow,
    private readonly isDeep: boolean,
  ) {}

  async run(): Promise<CommitOutcome> {
    const { session } = this;
    this.queueParts([this.stored]);
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const next = this.queue.pop();
      if (next === undefined) return 'committed';
      const [window = next, ...older] = fitSpan(next, session.spanLimitMs, session.list.now());
      this.queueParts(older);
      const answer = await readWindow(session.list, window, isUnread(session.state));
      if (isSameWindow(window, session.history)) await session.noteCount(countedBy(answer));
      let end = await this.finishPrefix(answer);
      if (end === 'continue') end = await this.dispatch(answer.kind, window, answer);
      if (end !== 'continue') return end;
    }
    throw new KpoolError('sync.limit', 'A window was split too often.');
  }

  private dispatch<Kind extends WindowReading['kind']>(kind: Kind, window: Window, answer: AnswerOf<Kind>) {
    return NEXT[kind](this, window, answer);
  }

  /** Queues parts to be read next, given newest first. */
  queueParts(parts: readonly Window[]): 'continue' {
    this.queue.push(...[...parts].reverse());
    return 'continue';
  }

  /** The rest is read next anyway, and its count proves the prefix. */
  countRestOf(prefix: AnswerOf<'prefix'>): Next {
    this.prefix = prefix;
    return this.queueParts([prefix.rest]);
  }

  /** Commits the prefix if the count of the rest proves it; otherwise the prefix is read by itself. */
  private finishPrefix(answer: WindowReading): Next | Promise<Next> {
    const { prefix } = this;
    this.prefix = null;
    if (prefix === null) return 'continue';
    if (countedBy(answer) !== prefix.restRows) {
      this.session.forgetFirstCount();
      return this.queueParts([prefix.proven]);
    }
    return this.finish(prefix.proven, prefix.read);
  }

  /** The pool refuses a span this long: the limit becomes half of it. */
  async halve(window: Window): Promise<Next> {
    const spanMs = this.session.list.spanMs(window);
    if (spanMs <= SHORTEST_SPAN_MS)
      throw new KpoolError('pool.parameter', 'The pool refuses the shortest span.');
    await this.session.setSpanLimit(Math.max(SHORTEST_SPAN_MS, halfOf(spanMs)));
    return this.queueParts([window]);
  }

  async pageWindow(window: Window): Promise<Next> {
    return this.finish(window, await pageThrough(this.session.list, window));
  }

  /** Commits all of a window, after the days of its unreadable rows were read separately and its old end was probed. */
  async finish(window: Window, read: WindowRead): Promise<Next> {
    const { session } = this;
    const parts = cutOutUnreadable(window, read.unreadable, session.list.now());
    if (parts.length > 1) return this.queueParts(parts);
    const probe = this.probeOf(window, read);
    if (probe === null) return this.commit(window, read);
    const page = await session.list.readPage(probe);
    const shown = page === null ? undefined : insideOf(probe, page).rows[0];
    if (shown === undefined) return this.commit(window, read, read.rows.length > 0 ? [probe.toMs] : []);
    if (await learnSpanLimit(session, shown, window)) return 'clipped';
    this.probes += 1;
    if (this.probes < MAX_PROBES) return this.queueParts([window]);
    return this.commit(window, { ...read, doubt: 'a part of a span shows rows that all of it does not' });
  }

  private async commit(window: Window, read: WindowRead, cuts: readonly number[] = []): Promise<Next> {
    const outcome = await commitRead(this.session, window, read, cuts);
    return outcome === 'committed' ? 'continue' : outcome;
  }

  /**
   * What to probe once the beginning of the history was read: everything older than the oldest row. Null if that is
   * already known, or cannot be found out.
   */
  private probeOf(window: Window, { rows }: WindowRead): Window | null {
    const { session, stored } = this;
    if (window.fromMs !== session.history.fromMs || session.spanLimitMs < Infinity) return null;
    if (rows.length > 0) {
      const toMs = startOfUtcDay(rows.reduce((least, row) => Math.min(least, row.minedAtMs), Infinity));
      return toMs > window.fromMs ? { fromMs: window.fromMs, toMs } : null;
    }
    const isNew = stored.verifiedAtMs === null;
    const isDue = window.toMs === Infinity && (isNew || this.isDeep);
    return isDue ? probeOfEmpty(window, session.list.now(), isNew) : null;
  }
}

/** Reads one stored window, in parts if it does not fit into a page, and commits each part as it is read. */
export async function syncWindow(
  session: LedgerSession,
  stored: StoredWindow,
  isDeep: boolean,
): Promise<CommitOutcome> {
  return new WindowRun(session, stored, isDeep).run();
}
