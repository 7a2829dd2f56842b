/**
 * Reads one stored window: by one response, or in parts if it does not fit into a page. Each part is committed as it is
 * read. `sync-ledger-scope.ts` shows where this stands in a run.
 */
import { startOfUtcDay } from '../../core/day';
import { KpoolError } from '../../core/errors';
import { isUnread } from '../../domain/ledger/ledger-state';
import { countOfAnswer, selectInside, type WindowRead } from '../../domain/ledger/window-answer';
import { cutOutUnreadable } from '../../domain/ledger/window-cuts';
import { chooseProbeOfEmpty, fitSpan, halfOf } from '../../domain/ledger/window-spans';
import { isSameWindow, type StoredWindow, type Window } from '../../domain/ledger/windows';
import { commitRead, type Next } from './commit-read';
import { SHORTEST_SPAN_MS } from './income-list';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readWindow, type WindowReading } from './read-window';
import { learnSpanLimit } from './span-limit';

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

/** Reads that one stored window may take: far more than the longest history needs. */
const MAX_READS = 20_000;
/** How often a window is read because a probe contradicts it, before it is left in doubt. */
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

  async run(): Promise<Next> {
    const { session } = this;
    this.queueParts([this.stored]);
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const part = this.queue.pop();
      if (part === undefined) return 'continue';
      const [window = part, ...older] = fitSpan(part, session.spanLimitMs, session.list.now());
      this.queueParts(older);
      const answer = await readWindow(session.list, window, isUnread(session.state));
      if (isSameWindow(window, session.history)) await session.noteCount(countOfAnswer(answer));
      let next = await this.finishPrefix(answer);
      if (next === 'continue') next = await this.dispatch(answer.kind, window, answer);
      if (next !== 'continue') return next;
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
    if (countOfAnswer(answer) !== prefix.restRows) {
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

  /** Commits a read of a window, unless the days of its unreadable rows have to be read separately. */
  async finish(window: Window, read: WindowRead): Promise<Next> {
    const { session } = this;
    const parts = cutOutUnreadable(window, read.unreadable, session.list.now());
    if (parts.length > 1) return this.queueParts(parts);
    const probe = this.probeOf(window, read);
    return probe === null ? commitRead(session, window, read) : this.finishProbed(window, read, probe);
  }

  /** Commits a read once the probe shows no row. If it shows one, the pool left that row out of a longer span. */
  private async finishProbed(window: Window, read: WindowRead, probe: Window): Promise<Next> {
    const { session } = this;
    const page = await session.list.readPage(probe);
    const shown = page === null ? undefined : selectInside(probe, page).rows[0];
    if (shown === undefined) {
      // The probed span becomes a window of its own: reading it again repeats the probe.
      return commitRead(session, window, read, read.rows.length > 0 ? [probe.toMs] : []);
    }
    if (await learnSpanLimit(session, shown, window)) return 'clipped';
    this.probes += 1;
    if (this.probes < MAX_PROBES) return this.queueParts([window]);
    return commitRead(session, window, {
      ...read,
      doubt: 'a part of a span shows rows that all of it does not',
    });
  }

  /**
   * What to probe after the oldest window was read: everything older than the oldest row. Null for other windows, and
   * if the probe was made before or its answer could itself be clipped.
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
    return isDue ? chooseProbeOfEmpty(window, session.list.now(), isNew) : null;
  }
}

/** Reads and commits one stored window. `isDeep`: the run checks the whole scope. */
export async function syncWindow(
  session: LedgerSession,
  stored: StoredWindow,
  isDeep: boolean,
): Promise<Next> {
  return new WindowRun(session, stored, isDeep).run();
}
