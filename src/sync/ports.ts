/** The ports of the use-cases in this folder; `src/service` wires the pool's client and the store to them. */
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../domain/ledger/ledger-commit';
import type { LedgerState } from '../domain/ledger/ledger-state';
import type { EndedRun, HeldLock, RunRecord } from '../domain/run-record';
import type { LedgerScope, Scope } from '../domain/scope';
import type { Window } from '../domain/ledger/windows';

/** Throws `sync.superseded` when another commit went first. */
export interface LedgerStore {
  load(scope: LedgerScope): Promise<LedgerState>;
  commitWindow(commit: WindowCommit): Promise<CommitResult>;
  /** Changes windows and facts without rows. */
  update(
    scope: LedgerScope,
    state: LedgerState,
    change: {
      /** Windows that are to be read. */
      readonly pieces?: readonly Window[];
      readonly cursor?: LedgerCursorPatch;
      readonly historyStartMs: number;
    },
  ): Promise<LedgerState>;
}

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
