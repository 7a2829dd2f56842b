/** One state of a row, and when it was known. Amounts are exact texts, instants ISO texts in UTC. */
export interface ExplainedState {
  readonly change: string;
  readonly from: string;
  /** Null: this is the current state. */
  readonly to: string | null;
  readonly amount: string;
  readonly status: string;
  readonly settledAt: string | null;
  readonly hashRateHps: string | null;
  readonly isWithdrawn: boolean;
}

/** A certificate of a window that contains the row. */
export interface ExplainedCertificate {
  readonly observedAt: string;
  /** When exactly the same rows were last read; null: other rows have been served since. */
  readonly verifiedAt: string | null;
  readonly rowsServed: number;
  readonly contentHash: string;
  readonly run: string | null;
}

export interface ExplainedClose {
  readonly month: string;
  readonly action: string;
  readonly instant: string;
  /** The row's amount as of that instant; null: it was unknown or withdrawn. */
  readonly amount: string | null;
}

/** An exported file that contains the row. */
export interface ExplainedExport {
  readonly file: string;
  readonly period: string;
  readonly basis: string;
  readonly asOf: string;
  /** The row's amount in the file; null: the file reports it as removed. */
  readonly amount: string | null;
  readonly sha256: string;
}

/** Everything known about a ledger row. */
export interface Explanation {
  readonly rowId: string;
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  readonly currency: string;
  readonly stream: 'earnings' | 'rewards';
  readonly type: string | null;
  readonly ordinal: number;
  readonly minedAt: string;
  /** Whether and how it counts, in words. */
  readonly counts: string;
  readonly extra: string | null;
  readonly value: string | null;
  readonly states: readonly ExplainedState[];
  /** The first and the latest stored. */
  readonly certificates: readonly ExplainedCertificate[];
  readonly closes: readonly ExplainedClose[];
  readonly exports: readonly ExplainedExport[];
}
