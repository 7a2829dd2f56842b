import type { Doubt } from '../doubts';

/** Whether a dependency answers; `none here`: this process does not use it. */
export type Reachability = 'ok' | 'unreachable' | 'none here';

export interface AccountFacts {
  readonly account: string;
  /** Anything but `ok` is stopped. */
  readonly status: string;
  readonly reason: string | null;
}

/** Sub-accounts that an account's key shows and another account has. */
export interface LeftOutFacts {
  readonly account: string;
  readonly subAccounts: number;
  /** Their names and ids, and whose they are. */
  readonly names: string;
}

export interface FreshnessFacts {
  readonly account: string;
  readonly stream: string;
  readonly everyMs: number;
  readonly lastSuccessAt: Date | null;
  /** By the one rule of lateness: `report.data_freshness.is_late`. */
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
  /** Aborted, or not begun. */
  readonly unfinished: number;
  /** Why one of them did not succeed; null when all did. */
  readonly reason: string | null;
}

export interface HistoryFacts {
  readonly account: string;
  /** Lists of income, and how many of them have been read to the beginning. */
  readonly lists: number;
  readonly complete: number;
}

export interface QuarantineFacts {
  readonly account: string;
  readonly stream: string;
  /** Rows that nobody accepted. */
  readonly open: number;
}

/** Lists of income of one stream that show no row any more, although the pool lists the sub-account and they held some. */
export interface EmptiedFacts {
  readonly account: string;
  readonly stream: string;
  readonly lists: number;
  /** Rows that they held. */
  readonly rows: number;
  /** Since when the first of them has shown none. */
  readonly since: Date;
  /** One of them. */
  readonly name: string;
}

/** The pool's totals of one account and currency against the ledger, of all levels together. */
export interface TotalsFacts {
  readonly account: string;
  readonly currency: string;
  readonly matching: number;
  readonly differing: number;
  readonly notComparable: number;
  /** What differs most, and by how much, digit for digit; null when nothing does. */
  readonly worst: { readonly name: string; readonly difference: string } | null;
  /** Why something cannot be compared; null when everything can. */
  readonly reason: string | null;
}

/** Alerts of one account that the webhook has not taken. */
export interface UnsentFacts {
  readonly account: string;
  readonly alerts: number;
  /** Since when the first of them waits. */
  readonly since: Date;
  /** Why the last attempt failed, in words that tell nothing of the address. */
  readonly reason: string;
}

/** One line of `kpool check` that failed. */
export interface FailedCheck {
  readonly name: string;
  readonly text: string;
  readonly hint: string | null;
}

/** The facts that wellness is judged by. A group that is left out was not read and is not judged. */
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
  /** How often the recent part of the ledger is read again: for this long a total may be ahead of the ledger. */
  readonly recentEveryMs?: number;
}
