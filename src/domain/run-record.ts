/** `skipped`: there was nothing to ask the pool. */
export type RunOutcome = 'succeeded' | 'skipped' | 'partial' | 'failed' | 'aborted';

export interface RunTotals {
  requests: number;
  rowsRead: number;
  inserted: number;
  changed: number;
  unchanged: number;
  withdrawn: number;
  quarantined: number;
}

/** What is recorded of a run when it ends. */
export interface RunRecord {
  readonly outcome: RunOutcome;
  readonly totals: Readonly<RunTotals>;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** Another run of the scope, which has its own record, did the work. */
  readonly isReused: boolean;
  readonly isUnlisted: boolean;
}

/** The result of a run that read its scope to the end. */
export interface EndedRun {
  readonly outcome: 'succeeded' | 'partial';
  /** Why it was `partial`. */
  readonly reason: string | null;
  /** Rows inserted, changed or found unchanged. */
  readonly rows: number;
  readonly quarantined: number;
}

/** A lock that one run holds. */
export interface HeldLock {
  /** Never fails. */
  release(): Promise<void>;
}
