import type { Clock } from '../../core/clock';
import type { Window } from '../../domain/windows';
import type { LedgerScope, LedgerState, LedgerStore, Pool } from '../ports';
import type { Run } from '../run';
import type { WindowRead } from './window-reader';

export interface LedgerTiers {
  /** Oldest instant of interest: 00:00 UTC of `HISTORY_START`. */
  readonly historyStartMs: number;
  /** Days that the daily tier reads again. */
  readonly recentDays: number;
  readonly recentEveryMs: number;
  readonly fullEveryMs: number;
  /** Currencies (`COINS`) to look for behind `coinName`. */
  readonly coins: readonly string[];
}

export interface LedgerDeps {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly store: LedgerStore;
  readonly tiers: LedgerTiers;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** What is needed to look at a scope: what is known of it, and how to ask. */
export interface LedgerView {
  readonly deps: Pick<LedgerDeps, 'pool' | 'store' | 'tiers'>;
  readonly scope: LedgerScope;
  readonly run: Pick<Run, 'fallShort'>;
  readonly facts: Omit<LedgerState, 'windows' | 'version'>;
  /** Rows that a page of the server holds. */
  readonly capacity: number;
  /** `fullPage`: so many rows may be all that a page holds; what is known of the server unless said. */
  read(window: Window, fullPage?: number): Promise<WindowRead>;
  /** A window in parts whose span the server is known to accept, newest first. */
  fit(window: Window): [newest: Window, ...older: Window[]];
}
