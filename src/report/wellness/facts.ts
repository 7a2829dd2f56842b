import type { Doubt } from './doubts';

/** Whether a dependency answers; `none here`: this process does not use it. */
export type Reachability = 'ok' | 'unreachable' | 'none here';

export interface AccountFacts {
  readonly account: string;
  /** Anything but `ok` is stopped. */
  readonly status: string;
  readonly reason: string | null;
}

/** Sub-accounts that an account's key lists and another account owns. */
export interface LeftOutFacts {
  readonly account: string;
  readonly subAccounts: number;
  /** Their names, ids and owners. */
  readonly names: string;
}

export interface FreshnessFacts {
  readonly account: string;
  readonly stream: string;
  readonly everyMs: number;
  readonly lastSuccessAt: Date | null;
  /** `report.data_freshness.is_late`. */
  readonly isLate: boolean;
  /** Scopes that keep failing while others may succeed. */
  readonly stuckScopes: number;
}

/** How the latest sync of each scope of a stream ended. */
export interface RunFacts {
  readonly account: string;
  readonly stream: string;
  readonly scopes: number;
  readonly failed: number;
  readonly partial: number;
  /** Aborted, or not started. */
  readonly unfinished: number;
  /** Why one of them did not succeed; null if all did. */
  readonly reason: string | null;
}

export interface HistoryFacts {
  readonly account: string;
  /** Income lists, and how many of them have been read to the beginning. */
  readonly lists: number;
  readonly complete: number;
}

export interface QuarantineFacts {
  readonly account: string;
  readonly stream: string;
  /** Rows that have not been accepted. */
  readonly open: number;
}

/** Income lists of one stream that are empty although they had rows and their sub-accounts are still listed. */
export interface EmptiedFacts {
  readonly account: string;
  readonly stream: string;
  readonly lists: number;
  /** Rows they had. */
  readonly rows: number;
  /** When the first of them became empty. */
  readonly since: Date;
  /** The name of one of them. */
  readonly name: string;
}

/** The pool's totals of one account and currency compared with the ledger, for the account and its sub-accounts. */
export interface TotalsFacts {
  readonly account: string;
  readonly currency: string;
  readonly matching: number;
  readonly differing: number;
  readonly notComparable: number;
  /** The largest difference, exact; null if nothing differs. */
  readonly worst: { readonly name: string; readonly difference: string } | null;
  /** Why something cannot be compared; null if everything can. */
  readonly reason: string | null;
}

/** Alerts of one account that the webhook has not accepted. */
export interface UnsentFacts {
  readonly account: string;
  readonly alerts: number;
  /** How long the first of them has been waiting. */
  readonly since: Date;
  /** Why the last attempt failed, without the address. */
  readonly reason: string;
}

/** One line of `kpool check` that failed. */
export interface FailedCheck {
  readonly name: string;
  readonly text: string;
  readonly hint: string | null;
}

/** The facts that problems are derived from. An omitted group was not read, and is not judged. */
export interface WellnessFacts {
  readonly database?: Reachability;
  readonly queue?: Reachability;
  /** The names of the configured accounts. */
  readonly expected?: readonly string[];
  readonly accounts?: readonly AccountFacts[];
  readonly leftOut?: readonly LeftOutFacts[];
  readonly freshness?: readonly FreshnessFacts[];
  readonly runs?: readonly RunFacts[];
  readonly histories?: readonly HistoryFacts[];
  readonly quarantine?: readonly QuarantineFacts[];
  readonly doubts?: readonly Doubt[];
  readonly emptied?: readonly EmptiedFacts[];
  readonly totals?: readonly TotalsFacts[];
  readonly unsent?: readonly UnsentFacts[];
  readonly failedChecks?: readonly FailedCheck[];
  /** How often recent days of the ledger are re-read; for this long a total may be ahead of the ledger. */
  readonly recentEveryMs?: number;
}
