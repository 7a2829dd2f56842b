import type { LedgerStream } from '../../domain/streams';
import { syncLedgerScope } from '../ledger/sync-ledger-scope';
import { miningScopeOf } from '../mining-scope';
import type { StreamDefinition, UseCase } from '../stream';

const syncLedger =
  (stream: LedgerStream): UseCase =>
  async (deps, scope, run, request) => {
    await syncLedgerScope({ ...deps, store: deps.ledger }, { ...miningScopeOf(scope), stream }, run, request);
  };

/** Enough to keep the endpoint busy while other scopes commit. */
const CONCURRENCY = 3;

/** Income from mining, one row per day, currency and scope. Source: `GET /v1/external/earn/query`. */
export const earnings: StreamDefinition = {
  name: 'earnings',
  endpoint: 'earn/query',
  scopes: 'mining',
  every: '1h',
  concurrency: CONCURRENCY,
  lockMode: 'optimistic',
  sync: syncLedger('earnings'),
};

/** Income of every type, including mining. Source: `GET /v1/external/reward/query`. */
export const rewards: StreamDefinition = {
  name: 'rewards',
  endpoint: 'reward/query',
  scopes: 'mining',
  every: '1h',
  concurrency: CONCURRENCY,
  lockMode: 'optimistic',
  sync: syncLedger('rewards'),
};
