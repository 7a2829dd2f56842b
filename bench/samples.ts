import postgres from 'postgres';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

const WORKERS = 2_000;
const SNAPSHOTS = 144;
const SAMPLES = WORKERS * SNAPSHOTS;

/** A day of a fleet, in the order in which it is written: a snapshot after the other. */
async function bytesOfSample(): Promise<number> {
  return withScratchDatabase(async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'bench')`;
    await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 100241, 'farm')`;
    await sql`SELECT sync.ensure_worker_sample_partitions('2026-11-20', '2026-11-21')`;
    for (let snapshot = 0; snapshot < SNAPSHOTS; snapshot += 1)
      await sql`
        INSERT INTO pool.worker_samples (puid, algo, worker_id, observed_at, real_hash_rate_hps, hour_hash_rate_hps,
               day_hash_rate_hps, reject_rate, last_share_at, status)
        SELECT 100241, 'SHA256d', 7300000 + n, t, 104857600000000 + n * ${snapshot}::int, 104857600000000 + n,
               104857600000000 + n, 0.0157, t - n % 60 * interval '1 second', 'ACTIVE'
          FROM generate_series(1, ${WORKERS}::int) AS n,
               (SELECT '2026-11-20Z'::timestamptz + ${snapshot}::int * interval '10 minutes' AS t) AS at`;
    const [size] = await sql<{ bytes: string }[]>`
      SELECT sum(pg_total_relation_size(inhrelid)) AS bytes FROM pg_inherits WHERE inhparent = 'pool.worker_samples'::regclass`;
    await sql.end();
    return Number(size!.bytes) / SAMPLES;
  });
}

async function run(): Promise<readonly Figure[]> {
  return [
    {
      what: 'a worker sample on disk, indexes included, B',
      values: [await bytesOfSample()],
      baseline: null,
      target: atMost(80),
    },
  ];
}

export const samples: Bench = {
  name: 'samples',
  title: 'What a sample of a machine takes on disk',
  minutes: 1,
  run,
};
