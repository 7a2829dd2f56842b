// kpool check: whether the rate limit leaves time for all workers in their interval.
import type { Config } from '../../config/config';
import type { OpenDatabase } from '../../database/open-database';
import { paceOfSnapshot } from '../../domain/fleet/fleet-pace';
import { intervalOf } from '../../domain/streams';
import { createStoreClient } from '../../store/client';
import { readSnapshotRequests } from '../../store/fleet/fleet-facts';
import type { CheckResult } from './result';

/** Above this there is little room for more machines or a slow pool. */
const TIGHT_SHARE = 0.8;
const HINT =
  'Take snapshots less often (WORKERS_EVERY), or spread the sub-accounts over more API keys: each has a pace of its own.';

/**
 * Whether the rate limit allows snapshots as often as WORKERS_EVERY says, per account; empty if no account has workers.
 */
export async function checkFleetPace(
  database: Pick<OpenDatabase, 'url'>,
  { pool, sync }: Pick<Config, 'pool' | 'sync'>,
): Promise<readonly CheckResult[]> {
  const everyMs = intervalOf(sync.everyMs, 'workers');
  const client = createStoreClient({ url: database.url, maxConnections: 1, applicationName: 'kpool check' });
  try {
    return (await readSnapshotRequests(client)).map(({ accountName, workers, requests }) => {
      const pace = paceOfSnapshot(requests, { requestsPerSecond: pool.requestsPerSecond, everyMs });
      const seconds = `${Math.ceil(pace.seconds)} s of every ${everyMs / 1_000} s`;
      const text = `a snapshot of ${workers} workers takes ${requests} requests, ${seconds}`;
      const isKept = pace.share <= 1;
      return {
        name: `fleet ${accountName}`,
        isWell: isKept,
        text: isKept
          ? text
          : `${text}: it comes as often as the pace allows, not as often as WORKERS_EVERY says`,
        hint: pace.share > TIGHT_SHARE ? HINT : null,
        figures: { workers, requests, seconds: pace.seconds, share: pace.share },
      };
    });
  } finally {
    await client.$disconnect();
  }
}
