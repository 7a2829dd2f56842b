import postgres from 'postgres';
import { INSERT_SAMPLE_BLOCKS } from '../src/store/fleet/sample-blocks';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

const WORKERS = 2_000;
const SNAPSHOTS = 144;
const SAMPLES = WORKERS * SNAPSHOTS;

const COLUMNS =
  'puid bigint, algo text, worker_id bigint, observed_at timestamptz, real_hash_rate_hps numeric, hour_hash_rate_hps numeric, ' +
  'day_hash_rate_hps numeric, reject_rate numeric, last_share_at timestamptz, status text';
const arraysBy = (order: string): string =>
  ['real_hash_rate_hps', 'hour_hash_rate_hps', 'day_hash_rate_hps', 'reject_rate', 'last_share_at', 'status']
    .map((column) => `array_agg(${column} ORDER BY ${order}) AS ${column}`)
    .join(', ');

/** Layouts that were tried beside ours, each holding every value of every sample. */
const OTHER_FORMS: Readonly<Record<string, string>> = {
  'a row each, with a key': `
    CREATE TABLE form (${COLUMNS}, PRIMARY KEY (puid, algo, worker_id, observed_at));
    INSERT INTO form SELECT * FROM sampled ORDER BY observed_at, worker_id`,
  'a row each, narrow, block range index': `
    CREATE TABLE form AS
      SELECT puid, worker_id, observed_at, last_share_at, 's'::"char" AS algo, 'a'::"char" AS status, real_hash_rate_hps,
             hour_hash_rate_hps, day_hash_rate_hps, reject_rate
        FROM sampled ORDER BY observed_at, worker_id;
    CREATE INDEX ON form USING brin (observed_at)`,
  'arrays by worker and hour': `
    CREATE TABLE form AS
      SELECT puid, algo, worker_id, date_trunc('hour', observed_at) AS hour, array_agg(observed_at ORDER BY observed_at) AS at,
             ${arraysBy('observed_at')}
        FROM sampled GROUP BY 1, 2, 3, 4;
    CREATE UNIQUE INDEX ON form (puid, algo, worker_id, hour)`,
  'arrays by worker and day, packed afterwards': `
    CREATE TABLE form AS
      SELECT puid, algo, worker_id, observed_at::date AS day, array_agg(observed_at ORDER BY observed_at) AS at,
             ${arraysBy('observed_at')}
        FROM sampled GROUP BY 1, 2, 3, 4;
    CREATE UNIQUE INDEX ON form (puid, algo, worker_id, day)`,
};

/** A day of a fleet whose rates move as the pool serves them, in TH/s with two decimals. */
const FILL = `
  SELECT setseed(0.5);
  CREATE UNLOGGED TABLE sampled AS
  SELECT 100241::bigint AS puid, 'SHA256d'::text AS algo, 7300000 + n::bigint AS worker_id, at AS observed_at,
         round((100 + random() * 10)::numeric, 2) * 1000000000000 AS real_hash_rate_hps,
         round((104 + random() * 2)::numeric, 2) * 1000000000000 AS hour_hash_rate_hps,
         round((105 + random())::numeric, 2) * 1000000000000 AS day_hash_rate_hps,
         round((0.01 + random() * 0.01)::numeric, 4) AS reject_rate,
         date_trunc('second', at - random() * interval '60 seconds') AS last_share_at,
         CASE WHEN n % 20 = 0 THEN 'INACTIVE' ELSE 'ACTIVE' END AS status
    FROM generate_series(1, ${WORKERS}) AS n,
         generate_series('2026-11-20Z'::timestamptz, '2026-11-20 23:50Z', interval '10 minutes') AS at`;

async function run(): Promise<readonly Figure[]> {
  return withScratchDatabase(async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'bench')`;
    await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 100241, 'farm')`;
    await sql`SELECT sync.ensure_worker_sample_partitions('2026-11-20', '2026-11-21')`;
    await sql.unsafe(FILL);
    await sql.unsafe(INSERT_SAMPLE_BLOCKS);
    const [ours] = await sql<{ bytes: number }[]>`
      SELECT sum(pg_total_relation_size(inhrelid))::float8 AS bytes FROM pg_inherits
       WHERE inhparent = 'pool.worker_sample_blocks'::regclass`;
    const what = 'a worker sample on disk, indexes included, B';
    const values = [ours!.bytes / SAMPLES];
    const figures: Figure[] = [{ what, values, baseline: null, target: atMost(80) }];
    for (const [name, statements] of Object.entries(OTHER_FORMS)) {
      await sql.unsafe(statements);
      const [form] = await sql<{ bytes: number }[]>`SELECT pg_total_relation_size('form')::float8 AS bytes`;
      await sql`DROP TABLE form`;
      figures.push({ what, values, baseline: { name, values: [form!.bytes / SAMPLES] }, target: null });
    }
    await sql.end();
    return figures;
  });
}

export const samples: Bench = {
  name: 'samples',
  title: 'The size of a sample on disk, in the chosen layout and in others',
  minutes: 1,
  run,
};
