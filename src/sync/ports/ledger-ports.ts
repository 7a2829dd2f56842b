/** What the streams of income need of the store. */
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { Window } from '../../domain/ledger/windows';
import type { LedgerScope } from '../../domain/scope';

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
