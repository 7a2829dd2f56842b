import type { Config } from '../config/config';
import type { Clock } from '../core/clock';
import { intervalOf } from '../domain/streams';
import { PrismaCatalogStore } from '../store/catalog';
import { createFleetStore } from '../store/fleet/fleet-store';
import type { PrismaClient } from '../store/generated/client';
import { PrismaIncomeStore } from '../store/income-samples';
import { PrismaLedgerStore } from '../store/ledger/ledger-store';
import type { SyncDeps } from '../sync/stream';

/** The dependencies of one account's streams: its API client, the stores, and their configuration. */
export function createSyncDeps(
  { pool, futureEnd }: Pick<SyncDeps, 'pool' | 'futureEnd'>,
  client: PrismaClient,
  { config, clock }: { readonly config: Pick<Config, 'sync' | 'pool'>; readonly clock: Clock },
): SyncDeps {
  const { historyStartMs, recentDays, recentEveryMs, fullEveryMs, coins, everyMs } = config.sync;
  const { requestsPerSecond, workerDetailsShare } = config.pool;
  return {
    pool,
    futureEnd,
    ledger: new PrismaLedgerStore(client),
    catalog: new PrismaCatalogStore(client),
    fleet: createFleetStore(client),
    income: new PrismaIncomeStore(client),
    tiers: { historyStartMs, recentDays, recentEveryMs, fullEveryMs, coins },
    clock,
    workerDetailsPerRound: Math.floor(
      (requestsPerSecond * workerDetailsShare * intervalOf(everyMs, 'worker-details')) / 1_000,
    ),
  };
}
