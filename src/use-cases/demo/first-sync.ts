// The demo's first sync.
import type { Clock } from '../../core/clock';
import type { Secret } from '../../core/secret';
import type { Simulator } from '../../simulator';
import { WHAT_IS_DUE, type LedgerRequest } from '../../sync/ledger/sync-ledger-scope';
import type { SyncSelection } from '../manual-sync/sync-selection';
import type { StreamSummary } from '../manual-sync/sync-stream';
import { correctIncome } from './events';
import { seedFleetHistory } from './history';
import { makeTrouble } from './troubles';

export interface FirstSyncOptions {
  readonly simulator: Simulator;
  readonly databaseUrl: Secret;
  readonly clock: Pick<Clock, 'now'>;
  /** Syncs these streams, or all. */
  readonly sync: (
    streams: SyncSelection['streams'],
    request: LedgerRequest,
  ) => Promise<readonly StreamSummary[]>;
}

/**
 * Syncs everything. Workers come first, so that their simulated history can be added while income is read. Then the
 * pool corrects two rows, as real pools do, so that there are revisions. Returns what the sync of everything did.
 */
export async function syncFirst(options: FirstSyncOptions): Promise<readonly StreamSummary[]> {
  const { simulator, databaseUrl, clock, sync } = options;
  const nowMs = clock.now();
  makeTrouble(simulator, nowMs);
  await sync(['workers'], WHAT_IS_DUE);
  const seeding = seedFleetHistory(databaseUrl, simulator, nowMs);
  // Awaited below; a failure of the sync takes precedence.
  seeding.catch(() => undefined);
  const summaries = await sync(null, WHAT_IS_DUE);
  await seeding;
  const span = correctIncome(simulator, clock.now());
  await sync(['earnings', 'rewards'], { verifyBeforeMs: clock.now(), span });
  await sync(['account-income', 'sub-account-income'], WHAT_IS_DUE);
  return summaries;
}
