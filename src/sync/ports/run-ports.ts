/** What a run, whatever its stream, needs of the store: its record, and the lock of its scope. */
import type { EndedRun, HeldLock, RunRecord } from '../../domain/run-record';
import type { Scope } from '../../domain/scope';

export interface RunStore {
  start(scope: Scope, trigger: string): Promise<bigint>;
  finish(runId: bigint, record: RunRecord): Promise<void>;
}

export interface ScopeLockStore {
  /** Null while another run holds the scope. The locks of a process end with it. */
  take(scope: Scope): Promise<HeldLock | null>;
  /** The cursor's version, and the last run of the scope that ended since `runId` began; null when none did. */
  readState(
    scope: Scope,
    runId: bigint,
  ): Promise<{ readonly version: bigint; readonly lastEnded: EndedRun | null }>;
}
