import type { Config } from '../config/config';
import { intervalOf } from '../domain/streams';
import type { PrismaClient } from '../store/generated/client';
import { saveSettings } from '../store/settings';
import { saveStreams } from '../store/streams';
import type { StreamRegistry } from '../sync/stream-registry';

/** Stores what the views of `report` need of the configuration and the streams. */
export async function saveReportSettings(
  client: PrismaClient,
  { report, sync }: Pick<Config, 'report' | 'sync'>,
  streams: StreamRegistry,
): Promise<void> {
  await saveSettings(client, {
    report_time_zone: report.timeZone,
    tier_intervals: { recent: sync.recentEveryMs / 1_000, full: sync.fullEveryMs / 1_000 },
    tier_days: { recent: sync.recentDays, dormant: sync.dormantAfterDays },
  });
  await saveStreams(
    client,
    streams.all.map(({ name, scopes }) => ({ name, scopes, everyMs: intervalOf(sync.everyMs, name) })),
  );
}
