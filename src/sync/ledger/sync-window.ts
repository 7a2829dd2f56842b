import { KpoolError } from '../../core/errors';
import type { Division } from '../../domain/division';
import { contains, isSameWindow, startOfUtcDay, type StoredWindow, type Window } from '../../domain/windows';
import type { LedgerCursorPatch } from '../ports';
import type { LedgerSession } from './ledger-session';
import { MIN_PAGE_SIZE } from './slice';
import type { ReadRows, WindowRead } from './window-reader';

/** Reads that one window may take: far more than the longest history needs. */
const MAX_READS = 20_000;

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

/** Reads one window, in parts where it does not fit a page, and commits each part as it is read. */
class WindowSync {
  /** What is left to be read, the next one last. */
  private readonly waiting: Window[] = [];

  constructor(
    private readonly session: LedgerSession,
    private readonly whole: StoredWindow,
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
      if (claim !== null) await this.settleClaim(claim, window, read);
      claim = read.kind === 'overflow' ? claimOf(read) : null;
      if (read.kind === 'unbounded') {
        await walkEverything(session);
        return;
      }
      if (read.kind === 'overflow') await this.goOn(window, read, claim);
      else await this.commit(window, read);
    }
    throw new KpoolError('sync.limit', 'A window was split without end.');
  }

  /** Where nothing is known of the server yet, an empty second page has to say that an answer is all there is. */
  private fullPageOf(window: Window): number {
    const isFirst = this.session.windows.every(({ verifiedAtMs }) => verifiedAtMs === null);
    return isFirst && this.isAll(window) ? MIN_PAGE_SIZE : this.session.capacity;
  }

  private isOldest(window: Window): boolean {
    return window.fromMs === this.session.deps.tiers.historyStartMs;
  }

  private isAll(window: Window): boolean {
    return this.isOldest(window) && window.toMs === Infinity;
  }

  /** Commits what a page in order claimed if the count of the rest bears it out, else has it read by itself. */
  private async settleClaim(claim: Claim, window: Window, read: WindowRead): Promise<void> {
    const isBorneOut =
      read.kind !== 'unbounded' && isSameWindow(window, claim.rest) && read.totalNum === claim.restRows;
    if (isBorneOut) await this.commit(claim.claimed, claim.read);
    else this.waiting.push(claim.claimed);
  }

  private async goOn(window: Window, read: Overflow, claim: Claim | null): Promise<void> {
    const { session } = this;
    const facts: LedgerCursorPatch = {
      ...(read.capacity !== null && read.capacity < session.capacity ? { pageSizeCap: read.capacity } : {}),
      ...(this.isAll(window) && read.totalNum !== null && session.facts.expectedRows === null
        ? { expectedRows: read.totalNum }
        : {}),
    };
    if (Object.keys(facts).length > 0) await session.update({ cursor: facts });
    if (claim !== null) this.waiting.push(claim.rest);
    else if (read.division.kind === 'parts') this.waiting.push(...[...read.division.parts].reverse());
  }

  /**
   * Commits a window. A server that serves at most some days of what was asked would look complete: where the
   * history is read for the first time, what is older than the oldest row is asked for by itself.
   */
  private async commit(window: Window, read: ReadRows): Promise<void> {
    const { session } = this;
    const isEnd = read.kind === 'complete' && this.whole.verifiedAtMs === null && this.isOldest(window);
    const oldestMs = read.rows.reduce((least, row) => Math.min(least, row.minedAtMs), Infinity);
    const fromMs =
      isEnd && oldestMs < Infinity ? Math.max(window.fromMs, startOfUtcDay(oldestMs)) : window.fromMs;
    const proven: Window = { fromMs, toMs: window.toMs };
    const cursor = session.facts.boundsIgnored && !this.isAll(window) ? { boundsIgnored: false } : {};
    await session.commit(proven, read, { readAgain: () => session.read(proven), cursor });
    if (fromMs > window.fromMs) this.waiting.push({ fromMs: window.fromMs, toMs: fromMs });
  }
}

/** Reads a window, in parts where it does not fit a page, and commits each part as it is read. */
export async function syncWindow(session: LedgerSession, window: StoredWindow): Promise<void> {
  await new WindowSync(session, window).run();
}

/** For a server that ignores the bounds: the whole history is one window, paged in passes. */
async function walkEverything(session: LedgerSession): Promise<void> {
  const whole: Window = { fromMs: session.deps.tiers.historyStartMs, toMs: Infinity };
  if (!session.facts.boundsIgnored) await session.update({ cursor: { boundsIgnored: true } });
  const read = await session.walk(whole);
  if (read.kind === 'complete' || read.kind === 'inconsistent') {
    await session.commit(whole, read, { readAgain: () => session.walk(whole) });
    return;
  }
  throw new KpoolError('sync.inconsistent', 'The pool contradicts itself about the rows of this scope.');
}
