import type { Clock } from '../core/clock';
import type { PoolEndpoint } from '../core/pool-endpoint';
import type { Precedence } from '../domain/planning/due-scopes';
import type { LedgerTiers } from '../domain/planning/due-windows';
import type { Pool } from '../domain/pool';
import type { Scope } from '../domain/scope';
import type { Stream } from '../domain/streams';
import type { FutureEnd } from './ledger/future-end';
import type { LedgerRequest } from './ledger/sync-ledger-scope';
import type { FleetStore } from './ports/fleet-ports';
import type { LedgerStore } from './ports/ledger-ports';
import type { CatalogStore, IncomeStore } from './ports/listing-ports';
import type { Run } from './runs/run';
import type { LockMode } from './runs/scope-lock';

/** Everything that the use-cases need of one account. */
export interface SyncDeps {
  readonly pool: Pool;
  readonly futureEnd: FutureEnd;
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly fleet: FleetStore;
  readonly income: IncomeStore;
  readonly tiers: LedgerTiers & {
    /** Currencies (`COINS`) whose totals are asked for weekly although the ledger holds none of them. */
    readonly coins: readonly string[];
  };
  readonly clock: Pick<Clock, 'sleep'>;
  /** Requests that one round of `worker-details` may take, over all scopes. */
  readonly workerDetailsPerRound: number;
}

export type UseCase = (deps: SyncDeps, scope: Scope, run: Run, request: LedgerRequest) => Promise<void>;

/** Everything that differs from stream to stream. No other code lists streams. */
export interface StreamDefinition {
  /** Its interval is the variable of this name in upper case, with `_EVERY`. */
  readonly name: Stream;
  /** The endpoint that it calls first: its permits and circuit decide whether a run can start. */
  readonly endpoint: PoolEndpoint;
  /** One scope per account, or one per sub-account and algorithm. */
  readonly scopes: 'account' | 'mining';
  /** Default interval, as a user would write it. */
  readonly every: string;
  /** Scopes of one account that are synced at once. */
  readonly concurrency: number;
  /**
   * It lists what other streams' scopes are made of: it runs first, even before the key is known to be this account's.
   */
  readonly isCatalog?: true;
  /** A long round over everything: `kpool sync` leaves it to its interval unless it names the stream. */
  readonly isSlowRound?: true;
  readonly after?: Precedence;
  readonly lockMode: LockMode;
  readonly sync: UseCase;
}
