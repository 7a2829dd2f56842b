export type SimLedgerStream = 'earnings' | 'rewards';

/** Where a row or a worker belongs: account name × sub-account × algorithm. */
export interface SimScopeKey {
  readonly account: string;
  readonly puid: bigint;
  readonly algo: string;
}

/** What the pool says about one item of income. */
export interface SimIncomeFields {
  currency: string;
  /** null for an earning. */
  type: string | null;
  /** miningDate, ms since the epoch. */
  minedAtMs: number;
  /** Canonical decimal text, at most 18 decimals. */
  amount: string;
  /** Canonical decimal text in `hashUnit`; null: not served. */
  hashRate: string | null;
  hashUnit: string | null;
  /** Percent, canonical decimal text; earnings only, null: not served. */
  rejectRate: string | null;
  /** `WAIT_SETTLE`, `SETTLED`, or anything else that a test wants to see. */
  status: string;
  /** settleTime, ms since the epoch; null: none yet (how that is served is a quirk). */
  settledAtMs: number | null;
  /** Fields that no specification knows, as the text of a JSON object; null: none. */
  extra: string | null;
}

/** One item of the ledger. Read it freely; change it through `World` alone, which keeps indexes and totals. */
export interface SimIncome extends SimIncomeFields {
  readonly stream: SimLedgerStream;
  readonly scope: SimScopeKey;
  /** Order of creation, unique in a world. */
  readonly serial: number;
  /** False once withdrawn. */
  live: boolean;
  /** When a pending row settles with time; null: never. */
  settlesAtMs: number | null;
  /** Any JSON text served in place of the row; null for a sound one. */
  readonly raw: string | null;
}
