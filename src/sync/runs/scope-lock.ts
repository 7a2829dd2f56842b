import type { Clock } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { HeldLock } from '../../domain/run-record';
import type { Scope } from '../../domain/scope';
import type { ScopeLockStore } from '../ports/run-ports';
import type { Run } from './run';

/**
 * What a run does when another run of its scope is in progress, in this process or another. `wait-and-reuse`: waits and
 * takes over its result. `wait-and-rerun`: waits, then reads too. `optimistic`: both read, and the cursor's version
 * orders their commits.
 */
export type LockMode = 'wait-and-reuse' | 'wait-and-rerun' | 'optimistic';

export interface ScopeLockDeps {
  readonly locks: ScopeLockStore;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Called repeatedly while a run waits. */
  readonly onWait?: (() => void) | undefined;
}

const LOCK_POLL_EVERY_MS = 1_000;
/** A run that holds a scope longer is stuck: then both read, and the cursor's version orders their commits (P9). */
const MAX_LOCK_POLLS = 3_600;
/** Commits that may lose to a concurrent run, which exists only if a lock was lost. */
const MAX_SUPERSEDED_RUNS = 3;

/** One run's lock on a scope, so that two runs neither ask the pool for the same nor commit in the wrong order. */
export class ScopeLock {
  private lock: HeldLock | null = null;

  constructor(
    private readonly deps: ScopeLockDeps,
    private readonly scope: Scope,
    private readonly mode: LockMode,
  ) {}

  /** Runs `work` once the scope is free, or takes over the result of another run. Throws what `work` throws. */
  async use(run: Run, work: () => Promise<void>): Promise<void> {
    if (this.mode === 'optimistic') {
      await work();
      return;
    }
    for (let superseded = 0; ; superseded += 1) {
      this.lock ??= await this.wait(run);
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
        if (!isKpoolError(error, 'sync.superseded') || superseded >= MAX_SUPERSEDED_RUNS) throw error;
      }
    }
  }

  /** Call it once the run is recorded, so that the next run finds the record. */
  async release(): Promise<void> {
    await this.lock?.release();
    this.lock = null;
  }

  private async wait(run: Run): Promise<HeldLock | null> {
    for (let poll = 0; poll < MAX_LOCK_POLLS; poll += 1) {
      const lock = await this.deps.locks.take(this.scope);
      if (lock !== null) return lock;
      this.deps.onWait?.();
      await this.deps.clock.sleep(LOCK_POLL_EVERY_MS, run.signal);
    }
    return null;
  }
}
