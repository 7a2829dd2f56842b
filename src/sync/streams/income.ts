import type { LedgerStream } from '../../domain/streams';
import { miningScopeOf } from '../mining-scope';
import type { StreamDefinition, UseCase } from '../stream';

/** Loaded on the first run: every command reads the registry, but few of them sync. */
const syncLedger =
  (stream: LedgerStream): UseCase =>
  async (deps, scope, run, request) => {
    const { syncLedgerScope } = await import('../ledger/sync-ledger-scope');
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
