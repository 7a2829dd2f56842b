import type { Clock } from '../core/clock';
import type { LedgerStream, Stream } from '../domain/streams';
import { syncLedgerScope, type LedgerRequest } from './ledger/sync-ledger-scope';
import type { LedgerTiers } from './ledger/ledger-deps';
import { miningScopeOf } from './mining-scope';
import type { FleetStore } from './fleet-ports';
import type { CatalogStore, IncomeStore } from './listing-ports';
import type { LedgerStore, Pool, Scope } from './ports';
import type { Run } from './run';
import { syncAccountIncome } from './streams/account-income';
import { syncAlgorithms } from './streams/algorithms';
import { syncSubAccountIncome } from './streams/sub-account-income';
import { syncSubAccounts } from './streams/sub-accounts';
import { syncWorkerDetails } from './streams/worker-details';
import { syncWorkers } from './streams/workers';
import type { Company } from './turn';

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

const syncLedger =
  (stream: LedgerStream): UseCase =>
  async (deps, scope, run, request) => {
    await syncLedgerScope({ ...deps, store: deps.ledger }, { ...miningScopeOf(scope), stream }, run, request);
  };

export interface StreamDefinition {
  /** One scope per account, or one per sub-account and algorithm. */
  readonly scopes: 'account' | 'mining';
  readonly sync: UseCase;
  /** A listing of sub-accounts also proves whose the key is, so each run makes its own. */
  readonly company: Company;
}

/** Every stream: a new one is a file in `streams/` and a line here. */
export const STREAM_REGISTRY: Record<Stream, StreamDefinition> = {
  algorithms: { scopes: 'account', sync: syncAlgorithms, company: 'joins' },
  'sub-accounts': { scopes: 'account', sync: syncSubAccounts, company: 'follows' },
  earnings: { scopes: 'mining', sync: syncLedger('earnings'), company: 'shares' },
  rewards: { scopes: 'mining', sync: syncLedger('rewards'), company: 'shares' },
  'account-income': { scopes: 'account', sync: syncAccountIncome, company: 'joins' },
  'sub-account-income': { scopes: 'account', sync: syncSubAccountIncome, company: 'joins' },
  workers: { scopes: 'mining', sync: syncWorkers, company: 'joins' },
  'worker-details': { scopes: 'mining', sync: syncWorkerDetails, company: 'joins' },
};
