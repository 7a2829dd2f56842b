import type { Clock } from '../core/clock';
import type { Precedence } from '../domain/due-scopes';
import type { PoolEndpoint, Stream } from '../domain/streams';
import type { FleetStore } from './fleet-ports';
import type { LedgerTiers } from './ledger/ledger-deps';
import type { LedgerRequest } from './ledger/sync-ledger-scope';
import type { CatalogStore, IncomeStore } from './listing-ports';
import type { LedgerStore, Pool, Scope } from './ports';
import type { Run } from './run';
import type { LockMode } from './scope-lock';

/** Everything that the use-cases need of one account. */
export interface SyncDeps {
  readonly pool: Pool;
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly fleet: FleetStore;
  readonly income: IncomeStore;
  readonly tiers: LedgerTiers & {
    /** Currencies (`COINS`) whose totals are asked for although the ledger holds none of them. */
    readonly coins: readonly string[];
  };
  readonly clock: Pick<Clock, 'sleep'>;
  /** Requests that all scopes of `worker-details` may take together, each run once. */
  readonly workerDetailsPerRound: number;
}

export type UseCase = (deps: SyncDeps, scope: Scope, run: Run, request: LedgerRequest) => Promise<void>;

/** All that there is to say about a stream: whoever works on streams asks this, and none keeps a list of its own. */
export interface StreamDefinition {
  /** In upper case with `_EVERY` it names the variable of its interval. */
  readonly name: Stream;
  /** The endpoint that it asks first: its permits and its circuit are looked at before it begins. */
  readonly endpoint: PoolEndpoint;
  /** One scope per account, or one per sub-account and algorithm. */
  readonly scopes: 'account' | 'mining';
  /** How often a scope is visited unless configured otherwise, as a user would write it. */
  readonly every: string;
  /** Scopes of one account that are in hand at once. */
  readonly concurrency: number;
  /** What it lists are the scopes of others, and whose the key is: asked first, and before that is known. */
  readonly isCatalog?: true;
  /** A round over everything that a sync by hand leaves to its interval, unless it names the stream. */
  readonly isSlowRound?: true;
  readonly after?: Precedence;
  readonly lockMode: LockMode;
  readonly sync: UseCase;
}
