import type { LedgerStream, Stream } from '../domain/streams';
import { KpoolError } from '../core/errors';
import { syncLedgerScope, type LedgerRequest } from './ledger/sync-ledger-scope';
import type { LedgerTiers } from './ledger/ledger-session';
import type { CatalogStore, LedgerStore, Pool, Scope } from './ports';
import type { Run } from './run';
import { syncAlgorithms } from './streams/algorithms';
import { syncSubAccounts } from './streams/sub-accounts';

/** Everything that the use-cases need of one account. */
export interface SyncDeps {
  readonly pool: Pool;
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly tiers: LedgerTiers;
}

export type UseCase = (deps: SyncDeps, scope: Scope, run: Run, request: LedgerRequest) => Promise<void>;

const syncLedger =
  (stream: LedgerStream): UseCase =>
  async (deps, scope, run, request) => {
    const { puid, algo } = scope;
    if (puid === null || algo === null) {
      throw new KpoolError('broken-promise', 'A ledger scope has no sub-account or no algorithm.');
    }
    await syncLedgerScope({ ...deps, store: deps.ledger }, { ...scope, stream, puid, algo }, run, request);
  };

export interface StreamDefinition {
  /** One scope per account, or one per sub-account and algorithm. */
  readonly scopes: 'account' | 'mining';
  readonly sync: UseCase;
}

/** Every stream: a new one is a file in `streams/` and a line here. */
export const STREAM_REGISTRY: Partial<Record<Stream, StreamDefinition>> = {
  algorithms: { scopes: 'account', sync: syncAlgorithms },
  'sub-accounts': { scopes: 'account', sync: syncSubAccounts },
  earnings: { scopes: 'mining', sync: syncLedger('earnings') },
  rewards: { scopes: 'mining', sync: syncLedger('rewards') },
};
