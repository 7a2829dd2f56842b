// kpool check: how much disk the samples of the fleet will take.
import type { Config } from '../../config/config';
import type { OpenDatabase } from '../../database/open-database';
import { projectFleetDisk, type FleetDisk } from '../../domain/fleet/fleet-disk';
import { intervalOf } from '../../domain/streams';
import { createStoreClient } from '../../store/client';
import { readFleetOnDisk } from '../../store/fleet/fleet-facts';

/** A line of `kpool check` about disk space. Never a failure: only the operator knows how much is too much. */
export interface DiskFinding {
  readonly name: 'disk';
  readonly isWell: true;
  readonly text: string;
  readonly hint: string | null;
  readonly figures: Readonly<Record<string, number>>;
}

const GB = 1e9;
/** From here on a hint is given. */
const LARGE_BYTES = 20 * GB;
const DECIMALS_BELOW_GB = 10;

const formatSize = (bytes: number): string =>
  bytes < 0.1 * GB
    ? `${Math.ceil(bytes / 1e6)} MB`
    : `${(bytes / GB).toFixed(bytes < DECIMALS_BELOW_GB * GB ? 1 : 0)} GB`;

const kept = (days: number | null): string => (days === null ? 'the first year of' : `${days} days of`);

function describeHistory(disk: FleetDisk, workers: number, config: Pick<Config, 'keepDays'>): string {
  const { workerSamples, workerHourly, workerDaily } = config.keepDays;
  const growth =
    disk.bytesPerYear === 0 ? '' : `, and ${formatSize(disk.bytesPerYear)} more with every further year`;
  return (
    `the history of ${workers} worker${workers === 1 ? '' : 's'} comes to ${formatSize(disk.totalBytes)}: ` +
    `${kept(workerSamples)} samples ${formatSize(disk.samplesBytes)}, ${kept(workerHourly)} hourly figures ` +
    `${formatSize(disk.hourlyBytes)}, ${kept(workerDaily)} daily figures ${formatSize(disk.dailyBytes)}${growth}`
  );
}

/** The disk that samples, hourly and daily figures will take, given the workers seen so far. */
export async function projectDisk(
  database: Pick<OpenDatabase, 'url'>,
  config: Pick<Config, 'keepDays' | 'sync'>,
): Promise<DiskFinding> {
  const client = createStoreClient({ url: database.url, maxConnections: 1, applicationName: 'kpool check' });
  try {
    const { usedBytes, ...facts } = await readFleetOnDisk(client);
    const { keepDays, sync } = config;
    const disk = projectFleetDisk(facts, { snapshotEveryMs: intervalOf(sync.everyMs, 'workers'), keepDays });
    const now = ` (now ${formatSize(usedBytes)})`;
    return {
      name: 'disk',
      isWell: true,
      text:
        facts.workers === 0
          ? 'no workers seen yet: their history takes none so far'
          : `${describeHistory(disk, facts.workers, config)}${now}`,
      hint:
        disk.totalBytes < LARGE_BYTES
          ? null
          : 'Too much? Keep less (WORKER_HOURLY_KEEP_DAYS, WORKER_SAMPLES_KEEP_DAYS) or look less often (WORKERS_EVERY).',
      figures: { ...facts, usedBytes, ...disk },
    };
  } finally {
    await client.$disconnect();
  }
}
