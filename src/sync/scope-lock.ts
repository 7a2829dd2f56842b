import type { Clock } from '../core/clock';
import { isKpoolError } from '../core/errors';
import type { HeldLock, Scope, ScopeLockStore } from './ports';
import type { Run } from './run';

/**
 * What a run does that finds another one of its scope under way, here or in another process. `wait-and-reuse`: it waits for
 * its end and reports what that one found. `wait-and-rerun`: it waits, and then reads for itself. `optimistic`: both read,
 * and commits are kept in order by the version of the cursor.
 */
export type LockMode = 'wait-and-reuse' | 'wait-and-rerun' | 'optimistic';

export interface ScopeLockDeps {
  readonly locks: ScopeLockStore;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told again and again while a run has to wait. */
  readonly onWait?: (() => void) | undefined;
}

const POLL_EVERY_MS = 1_000;
/** Whoever holds a scope longer hangs. What both of them read then, the version of the cursor keeps in order (P9). */
const MAX_POLLS = 3_600;
/** Commits that may lose to a run beside this one, which happens only when a lock was lost. */
const MAX_SUPERSEDED = 3;

/** One run's right to a scope, so that no two runs ask the pool for the same, nor bring home an older answer later. */
export class ScopeLock {
  #lock: HeldLock | null = null;

  constructor(
    private readonly deps: ScopeLockDeps,
    private readonly scope: Scope,
    private readonly mode: LockMode,
  ) {}

  /** Runs `work` as soon as the scope is free, or takes over what another run found meanwhile. Throws what `work` throws. */
  async use(run: Run, work: () => Promise<void>): Promise<void> {
    if (this.mode === 'optimistic') {
      await work();
      return;
    }
    for (let superseded = 0; ; superseded += 1) {
      this.#lock ??= await this.#wait(run);
      const { version, lastEnded } = await this.deps.locks.readState(this.scope, run.runId);
      if (this.mode === 'wait-and-reuse' && lastEnded !== null) {
        run.reuseResult(lastEnded);
        return;
      }
      run.cursorVersion = version;
      try {
        await work();
        return;
      } catch (error) {
        if (!isKpoolError(error, 'sync.superseded') || superseded >= MAX_SUPERSEDED) throw error;
      }
    }
  }

  /** To be called once the run is recorded: whoever comes next finds the record. */
  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = null;
  }

  async #wait(run: Run): Promise<HeldLock | null> {
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      const lock = await this.deps.locks.take(this.scope);
      if (lock !== null) return lock;
      this.deps.onWait?.();
      await this.deps.clock.sleep(POLL_EVERY_MS, run.signal);
    }
    return null;
  }
}
