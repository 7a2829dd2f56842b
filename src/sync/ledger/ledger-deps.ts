import type { Clock } from '../../core/clock';
import type { Pool } from '../../domain/pool';
import type { LedgerStore } from '../ports';

export interface LedgerTiers {
  /** Oldest instant of interest: 00:00 UTC of `HISTORY_START`. */
  readonly historyStartMs: number;
  /** Days that the daily tier reads again. */
  readonly recentDays: number;
  readonly recentEveryMs: number;
  readonly fullEveryMs: number;
}

export interface LedgerDeps {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly store: LedgerStore;
  readonly tiers: LedgerTiers;
  readonly clock: Pick<Clock, 'sleep'>;
}
