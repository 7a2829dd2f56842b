export type SimLedgerStream = 'earnings' | 'rewards';

/** The scope of a row or a worker: account name × sub-account × algorithm. */
export interface SimScopeKey {
  readonly account: string;
  readonly puid: bigint;
  readonly algo: string;
}

/** One item of income as the pool serves it. */
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
  /** `WAIT_SETTLE`, `SETTLED`, or any other value a test needs. */
  status: string;
  /** settleTime, ms since the epoch; null: none yet (how that is served is a quirk). */
  settledAtMs: number | null;
  /** Undocumented fields, as the text of a JSON object; null: none. */
  extra: string | null;
}

/** One ledger item. Change it only through `World`, which maintains indexes and totals. */
export interface SimIncome extends SimIncomeFields {
  readonly stream: SimLedgerStream;
  readonly scope: SimScopeKey;
  /** Order of creation, unique in a world. */
  readonly serial: number;
  /** False once withdrawn. */
  live: boolean;
  /** When a pending row settles by itself; null: never. */
  settlesAtMs: number | null;
  /** Any JSON text served instead of the row; null: none. */
  readonly raw: string | null;
}
