import { setDatabaseClock } from '../../support/database-clock';
import { useTestDatabase } from '../../support/test-database';

const NOW = Date.UTC(2026, 10, 25, 12);

const { sql } = useTestDatabase();

beforeAll(async () => {
  await setDatabaseClock(sql, NOW);
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'x')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, 'farm')`;
});

let lastId = 0;

async function addWorker(algo: string, name: string): Promise<number> {
  lastId += 1;
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, status, hour_hash_rate_hps)
    VALUES (7, ${algo}, ${lastId}, ${name}, 'ACTIVE', 5e12)`;
  return lastId;
}

/** Stores the figures of a day, as its snapshots would. */
async function addDay(algo: string, worker: number, day: string, rate: number, rejectRate: string) {
  await sql`
    INSERT INTO pool.worker_daily (puid, algo, worker_id, day, snapshots, active_samples, avg_real_hash_rate_hps, last_reject_rate)
    VALUES (7, ${algo}, ${worker}, ${day}, 10, 8, ${rate}, ${rejectRate})`;
  await sql`
    INSERT INTO report.fleet_day_totals (puid, algo, day_utc, snapshots, listed_samples, active_samples,
           avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    VALUES (7, ${algo}, ${day}, 10, 10, 8, ${rate}, ${rate}, ${rate})`;
}

test('weeks hold only days that are over, also recomputed', async () => {
  const algo = 'weeks';
  const worker = await addWorker(algo, 'rig-1');
  const weeks = async () => {
    const rows = await sql`
      SELECT week_utc::text AS week, days, uptime::text, trim_scale(avg_hash_rate_hps)::text AS rate,
             trim_scale(baseline_hash_rate_hps)::text AS baseline, share_of_baseline::text AS share
        FROM report.worker_weekly WHERE algo = ${algo} ORDER BY week_utc`;
    return rows.map((row) => Object.values(row).join(' '));
  };
  await addDay(algo, worker, '2026-11-14', 100, '0.01');
  expect(await weeks()).toEqual([]);
  await addDay(algo, worker, '2026-11-15', 200, '0.03');
  expect(await weeks()).toEqual(['2026-11-09 1 0.8000 100 100 1.0000']);
  // As if the service had been off for days.
  await addDay(algo, worker, '2026-11-24', 60, '0.05');
  expect(await weeks()).toEqual(['2026-11-09 2 0.8000 150 150 1.0000']);
  await addDay(algo, worker, '2026-11-25', 1, '9');
  expect(await weeks()).toEqual(['2026-11-09 2 0.8000 150 150 1.0000', '2026-11-23 1 0.8000 60 150 0.4000']);
  await sql`UPDATE pool.worker_daily SET avg_real_hash_rate_hps = 300 WHERE algo = ${algo} AND day = '2026-11-15'`;
  await sql`UPDATE report.fleet_day_totals SET avg_real_hash_rate_hps = 300 WHERE algo = ${algo} AND day_utc = '2026-11-15'`;
  expect((await weeks())[0]).toBe('2026-11-09 2 0.8000 200 200 1.0000');
  const rejects = await sql`
    SELECT day_utc::text AS day, workers, median_reject_rate::text AS median
      FROM report.reject_rate_daily WHERE algo = ${algo} ORDER BY day_utc`;
  expect(rejects.map((row) => Object.values(row).join(' '))).toEqual([
    '2026-11-14 1 0.01',
    '2026-11-15 1 0.03',
    '2026-11-24 1 0.05',
  ]);
});

test('machines are added, removed and returned, except the first', async () => {
  const algo = 'presence';
  const [first, later] = [await addWorker(algo, 'rig-1'), await addWorker(algo, 'rig-2')];
  await sql`
    INSERT INTO sync.worker_presence (puid, algo, worker_id, from_at, to_at)
    VALUES (7, ${algo}, ${first}, '2026-11-01Z', '2026-11-05 23:30Z'), (7, ${algo}, ${first}, '2026-11-07Z', NULL),
           (7, ${algo}, ${later}, '2026-11-02Z', NULL)`;
  const rows = await sql`
    SELECT worker_name, change, day::text AS day FROM report.workers_added_removed WHERE algo = ${algo} ORDER BY changed_at`;
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
    'rig-2 added 2026-11-02',
    'rig-1 removed 2026-11-05',
    'rig-1 returned 2026-11-07',
  ]);
});

test('a machine’s group is its longest prefix, or its name', async () => {
  const algo = 'groups';
  for (const name of ['hall-a-01', 'hall-a-02', 'hall-b-01', '10x1x23']) await addWorker(algo, name);
  await sql`
    INSERT INTO book.worker_groups (prefix, site, customer, model)
    VALUES ('hall-', 'north', 'Ada', 'S19'), ('hall-a', 'north', 'Bob', 'S21'), ('zzz', 'south', 'Eve', 'L7')`;
  const rows = await sql`
    SELECT name_prefix, site, customer, model, workers::int, active_workers::int AS active, trim_scale(hash_rate_ths)::text AS ths
      FROM report.fleet_by_prefix WHERE algo = ${algo} ORDER BY name_prefix`;
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
    '10x1x    1 1 5',
    'hall- north Ada S19 1 1 5',
    'hall-a north Bob S21 2 2 10',
  ]);
  const [status] = await sql`
    SELECT customer FROM report.worker_status WHERE algo = ${algo} AND worker_name = 'hall-a-02'`;
  expect(status).toEqual({ customer: 'Bob' });
});
