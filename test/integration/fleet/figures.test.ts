import fc from 'fast-check';
import { DAY_MS } from '../../../src/core/day';
import type { DecimalText } from '../../../src/core/decimal';
import { Secret } from '../../../src/core/secret';
import type { Worker } from '../../../src/domain/entities';
import type { AccountId, Puid, WorkerId } from '../../../src/domain/ids';
import { createStoreClient } from '../../../src/store/client';
import { createFleetStore } from '../../../src/store/fleet/fleet-store';
import { recomputeFleet } from '../../../src/store/fleet/recompute';
import { enforceRetention } from '../../../src/store/retention';
import { setDatabaseClock } from '../../support/database-clock';
import { keepDays } from '../../support/keep-days';
import { useTestDatabase } from '../../support/test-database';

let client: ReturnType<typeof createStoreClient>;
let store: ReturnType<typeof createFleetStore>;
const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => client.$disconnect());

const START = Date.UTC(2026, 10, 20, 22);

beforeAll(async () => {
  client = createStoreClient({ url: new Secret(database.url), maxConnections: 3, applicationName: 'test' });
  store = createFleetStore(client);
  await sql`INSERT INTO pool.accounts (account_id, account_name, key_fingerprint) VALUES (1, 'main', 'x')`;
});

let puid = 0n;
async function newFleet() {
  puid += 1n;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, ${String(puid)}, 'a')`;
  return { stream: 'workers', accountId: 1 as AccountId, puid: puid as Puid, algo: 'SHA256d' } as const;
}
type Fleet = Awaited<ReturnType<typeof newFleet>>;

interface SeenWorker {
  readonly id: number;
  readonly status: string;
  readonly hps: string | null;
  readonly rejectRate: string | null;
}

function workerOf({ id, status, hps, rejectRate }: SeenWorker): Worker {
  return {
    workerId: BigInt(id) as WorkerId,
    workerName: `w${id}`,
    realHps: hps as DecimalText | null,
    hourHps: hps as DecimalText | null,
    dayHps: null,
    hashUnit: 'H',
    rejectRate: rejectRate as DecimalText | null,
    lastShareAtMs: null,
    status,
    extra: null,
  };
}

async function snapshot(
  fleet: Fleet,
  atMs: number,
  seen: readonly SeenWorker[],
  isComplete = true,
): Promise<void> {
  await setDatabaseClock(sql, atMs);
  const begun = await store.beginSnapshot(fleet);
  for (const worker of seen)
    await store.stageWorkers(begun, worker.status, [store.packWorkers([workerOf(worker)])], 0);
  await store.landSnapshot(fleet, begun, {
    isComplete,
    staged: seen.length,
    unreadable: [],
    unreadableWorkers: new Set(),
    totalCompared: false,
  });
}

/** The expected hours and days, computed only from samples and snapshots. */
async function truth(fleet: Fleet, unit: 'hour' | 'day') {
  return sql`
    WITH period AS (
      SELECT date_trunc(${unit}, started_at, 'UTC') AS at, started_at FROM pool.worker_snapshots
       WHERE puid = ${String(fleet.puid)} AND completed_at IS NOT NULL
    )
    SELECT s.worker_id::int AS id, p.at::text, count(*)::int AS snapshots,
           count(*) FILTER (WHERE x.status = 'ACTIVE')::int AS active,
           trim_scale(sum(x.real_hash_rate_hps) FILTER (WHERE x.status = 'ACTIVE'))::text AS sum,
           trim_scale(round((sum(x.real_hash_rate_hps) FILTER (WHERE x.status = 'ACTIVE') + 0.000000000000000000000000000000::numeric)
             / nullif(count(x.real_hash_rate_hps) FILTER (WHERE x.status = 'ACTIVE'), 0), 6))::text AS avg,
           trim_scale(min(x.real_hash_rate_hps) FILTER (WHERE x.status = 'ACTIVE'))::text AS min,
           trim_scale(max(x.real_hash_rate_hps) FILTER (WHERE x.status = 'ACTIVE'))::text AS max,
           trim_scale((array_agg(x.reject_rate ORDER BY x.observed_at DESC) FILTER (WHERE x.reject_rate IS NOT NULL))[1])::text AS reject
      FROM period p
      JOIN sync.worker_presence s ON s.puid = ${String(fleet.puid)} AND p.started_at >= s.from_at
                              AND (s.to_at IS NULL OR p.started_at < s.to_at)
      LEFT JOIN pool.worker_samples x ON x.puid = s.puid AND x.worker_id = s.worker_id AND x.observed_at = p.started_at
     GROUP BY s.worker_id, p.at ORDER BY p.at, s.worker_id`;
}

async function figures(fleet: Fleet, unit: 'hour' | 'day') {
  return sql`
    SELECT worker_id::int AS id, (${sql(unit)}::timestamp AT TIME ZONE 'UTC')::text AS at, snapshots, active_samples AS active,
           trim_scale(sum_real_hash_rate_hps)::text AS sum, trim_scale(avg_real_hash_rate_hps)::text AS avg,
           trim_scale(min_real_hash_rate_hps)::text AS min, trim_scale(max_real_hash_rate_hps)::text AS max,
           trim_scale(last_reject_rate)::text AS reject
      FROM ${sql(unit === 'hour' ? 'pool.worker_hourly' : 'pool.worker_daily')} WHERE puid = ${String(fleet.puid)}
     ORDER BY ${sql(unit)}, worker_id`;
}

const TABLES = [
  'pool.worker_hourly',
  'pool.worker_daily',
  'report.fleet_hour_totals',
  'report.fleet_day_totals',
];

async function everything(fleet: Fleet): Promise<unknown[]> {
  const all = [];
  for (const table of TABLES) {
    const rows = await sql`
      SELECT (SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) = 'number' THEN to_jsonb(trim_scale(value::text::numeric)) ELSE value END)
                FROM jsonb_each(to_jsonb(t)))::text AS row
        FROM ${sql(table)} t WHERE puid = ${String(fleet.puid)} ORDER BY 1`;
    all.push(rows.map(({ row }) => row as unknown));
  }
  return all;
}

const seenWorker = (id: number) =>
  fc.record({
    id: fc.constant(id),
    status: fc.constantFrom('ACTIVE', 'ACTIVE', 'INACTIVE', 'INVALID'),
    hps: fc.constantFrom(
      '0',
      '100',
      '101',
      '333333333333333.5',
      '0.000000000001',
      '100000000000000000253.5',
      null,
    ),
    rejectRate: fc.constantFrom('0.1', '0.25', null),
  });
const snapshotPlan = fc.record({
  afterMinutes: fc.integer({ min: 1, max: 300 }),
  isBroken: fc.integer({ min: 0, max: 6 }).map((n) => n === 0),
  seen: fc
    .tuple(...[1, 2, 3, 4].map((id) => fc.option(seenWorker(id), { nil: null, freq: 4 })))
    .map((seen) => seen.filter((worker) => worker !== null)),
});

type SnapshotPlan = typeof snapshotPlan extends fc.Arbitrary<infer Plan> ? Plan : never;

/** The snapshots of each worker: from the first that listed it to the second in a row that did not. */
function listedSnapshots(plans: readonly SnapshotPlan[]): [number, number][] {
  const counts = new Map<number, number>();
  const misses = new Map<number, number>();
  for (const { seen } of plans.filter((plan) => !plan.isBroken)) {
    for (const { id } of seen) misses.set(id, 0);
    for (const [id, missed] of misses) {
      const now = seen.some((worker) => worker.id === id) ? 0 : missed + 1;
      misses.set(id, now);
      if (now < 2) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a], [b]) => a - b);
}

test('hours and days agree with the samples, also recomputed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(snapshotPlan, { minLength: 1, maxLength: 15 }), async (plans) => {
      const fleet = await newFleet();
      let atMs = START;
      for (const plan of plans) {
        atMs += plan.afterMinutes * 60_000;
        await snapshot(fleet, atMs, plan.seen, !plan.isBroken);
      }
      const added = await everything(fleet);
      const compared = async (unit: 'hour' | 'day') => {
        const found = (await figures(fleet, unit)).map((row) => ({
          ...row,
          at: Date.parse(String(row['at'])),
        }));
        const expected = (await truth(fleet, unit)).map((row) => ({
          ...row,
          at: Date.parse(String(row['at'])),
        }));
        expect(found).toEqual(expected);
      };
      await compared('hour');
      await compared('day');
      const snapshots =
        await sql`SELECT worker_id::int AS id, sum(snapshots)::int AS snapshots FROM pool.worker_daily
                                WHERE puid = ${String(fleet.puid)} GROUP BY worker_id ORDER BY worker_id`;
      expect(snapshots.map((row) => [row['id'], row['snapshots']] as unknown[])).toEqual(
        listedSnapshots(plans),
      );
      await recomputeFleet(client, { fromMs: START, toMs: atMs + DAY_MS });
      expect(await everything(fleet)).toEqual(added);
      for (const table of TABLES) {
        await sql`UPDATE ${sql(table)} SET snapshots = snapshots + 1, sum_real_hash_rate_hps = 5, min_real_hash_rate_hps = 1
                   WHERE puid = ${String(fleet.puid)}`;
      }
      await recomputeFleet(client, { fromMs: START, toMs: atMs + DAY_MS });
      expect(await everything(fleet)).toEqual(added);
    }),
    { numRuns: 8 },
  );
}, 300_000);

test('P1 a mean is right to 6 decimals, however large the rates', async () => {
  const fleet = await newFleet();
  const seen = { id: 1, status: 'ACTIVE', rejectRate: null };
  const rates = ['100000000000000000253.5', '0', '0.25'];
  for (const [index, hps] of rates.entries())
    await snapshot(fleet, START + index * 60_000, [{ ...seen, hps }]);
  const mean = '33333333333333333417.916667';
  const means = async () => sql`
    SELECT avg_real_hash_rate_hps::text AS mean FROM pool.worker_hourly WHERE puid = ${String(fleet.puid)} UNION ALL
    SELECT avg_real_hash_rate_hps::text FROM pool.worker_daily WHERE puid = ${String(fleet.puid)} UNION ALL
    SELECT avg_real_hash_rate_hps::text FROM report.fleet_hour_totals WHERE puid = ${String(fleet.puid)} UNION ALL
    SELECT avg_real_hash_rate_hps::text FROM report.fleet_day_totals WHERE puid = ${String(fleet.puid)}`;
  expect((await means()).map((row) => row['mean'] as string)).toEqual([mean, mean, mean, mean]);
  await recomputeFleet(client, { fromMs: START, toMs: START + DAY_MS });
  expect((await means()).map((row) => row['mean'] as string)).toEqual([mean, mean, mean, mean]);
});

test('P1 every sample of a large fleet is kept digit for digit', async () => {
  const fleet = await newFleet();
  const seen = Array.from({ length: 601 }, (_none, n) => ({
    id: 3 * n + 1,
    status: n % 50 === 7 ? 'INACTIVE' : 'ACTIVE',
    hps: n % 40 === 9 ? null : `1048576000000${n}.50`,
    rejectRate: n % 3 === 0 ? null : `0.0${n}0`,
  }));
  await snapshot(fleet, START, seen);
  await snapshot(fleet, START + 60_000, [...seen].reverse());
  const samples = await sql`
    SELECT worker_id::int AS id, real_hash_rate_hps::text AS hps, reject_rate::text AS "rejectRate", status
      FROM pool.worker_samples WHERE puid = ${String(fleet.puid)} 
     ORDER BY observed_at, worker_id LIMIT ${seen.length}`;
  expect([...samples]).toEqual(seen.map((worker) => expect.objectContaining(worker) as unknown));
  const ofEach = sql`
    SELECT puid, algo, worker_id, h.* FROM pool.workers, LATERAL report.worker_history(puid, algo, worker_id) AS h`;
  const [difference] = await sql`
    SELECT count(*)::int AS rows FROM ((TABLE pool.worker_samples EXCEPT ${ofEach}) UNION ALL (${ofEach} EXCEPT TABLE pool.worker_samples)) AS d`;
  expect(difference).toEqual({ rows: 0 });
});

test('P9 a snapshot that began before a landed one is refused', async () => {
  const fleet = await newFleet();
  await setDatabaseClock(sql, START);
  const worker = { id: 1, status: 'ACTIVE', hps: '1', rejectRate: null };
  const early = await store.beginSnapshot(fleet);
  await store.stageWorkers(early, 'ACTIVE', [store.packWorkers([workerOf(worker)])], 0);
  await snapshot(fleet, START + 60_000, [{ ...worker, hps: '2' }]);
  const landing = {
    isComplete: true,
    staged: 1,
    unreadable: [],
    unreadableWorkers: new Set<WorkerId>(),
    totalCompared: false,
  };
  await expect(store.landSnapshot(fleet, early, landing)).rejects.toMatchObject({ code: 'sync.superseded' });
  expect(
    await sql`SELECT trim_scale(real_hash_rate_hps)::text AS hps FROM pool.workers WHERE puid = ${String(fleet.puid)}`,
  ).toEqual([{ hps: '2' }]);
  expect(await sql`SELECT FROM pool.worker_samples WHERE puid = ${String(fleet.puid)}`).toHaveLength(1);
});

test('P9 a snapshot does not overwrite newer worker details', async () => {
  const fleet = await newFleet();
  const worker = { id: 1, status: 'ACTIVE', hps: '1', rejectRate: null };
  await snapshot(fleet, START, [worker]);
  await setDatabaseClock(sql, START + 60_000);
  const begun = await store.beginSnapshot(fleet);
  await store.stageWorkers(begun, 'ACTIVE', [store.packWorkers([workerOf({ ...worker, hps: '2' })])], 0);
  const details = { ...fleet, stream: 'worker-details' } as const;
  const next = await store.findNextDetails(details, new Set(), 1);
  const batch = { ...next, askedAtMs: START + 90_000 };
  await setDatabaseClock(sql, START + 91_000);
  await store.storeDetails(details, [workerOf({ ...worker, hps: '3', status: 'INACTIVE' })], batch);
  await store.landSnapshot(fleet, begun, {
    isComplete: true,
    staged: 1,
    unreadable: [],
    unreadableWorkers: new Set(),
    totalCompared: false,
  });
  expect(
    await sql`SELECT trim_scale(real_hash_rate_hps)::text AS hps, status FROM pool.workers WHERE puid = ${String(fleet.puid)}`,
  ).toEqual([{ hps: '3', status: 'INACTIVE' }]);
});

test('P9 worker details that began before stored ones are refused', async () => {
  const fleet = await newFleet();
  await snapshot(fleet, START, [{ id: 1, status: 'ACTIVE', hps: '1', rejectRate: null }]);
  const details = { ...fleet, stream: 'worker-details' } as const;
  const batch = await store.findNextDetails(details, new Set(), 1);
  await store.storeDetails(details, [], batch);
  await expect(store.storeDetails(details, [], { ...batch, position: null })).rejects.toMatchObject({
    code: 'sync.superseded',
  });
  expect(
    await sql`SELECT position::int FROM sync.cursors WHERE stream = 'worker-details' AND puid = ${String(fleet.puid)}`,
  ).toEqual([{ position: 1 }]);
});

test('a snapshot that lost workers in a crash does not land', async () => {
  const fleet = await newFleet();
  const begun = await store.beginSnapshot(fleet);
  await store.stageWorkers(
    begun,
    'ACTIVE',
    [store.packWorkers([workerOf({ id: 1, status: 'ACTIVE', hps: '1', rejectRate: null })])],
    0,
  );
  await sql`TRUNCATE sync.staged_workers`;
  await expect(
    store.landSnapshot(fleet, begun, {
      isComplete: true,
      staged: 1,
      unreadable: [],
      unreadableWorkers: new Set(),
      totalCompared: false,
    }),
  ).rejects.toMatchObject({ code: 'sync.inconsistent' });
});

test('retention drops old days and creates partitions ahead', async () => {
  const fleet = await newFleet();
  const worker = { id: 1, status: 'ACTIVE', hps: '1', rejectRate: null };
  for (let day = 0; day < 6; day += 1) await snapshot(fleet, START + day * DAY_MS, [worker]);
  const nowMs = START + 5 * DAY_MS;
  await sql`INSERT INTO sync.staged_workers (snapshot_id, worker_id, worker_name, status) VALUES (-1, 1, 'w', 'ACTIVE')`;
  await enforceRetention(client, keepDays(), nowMs);
  expect(await figures(fleet, 'hour')).toHaveLength(6);
  expect(await sql`SELECT FROM sync.staged_workers`).toHaveLength(0);
  const retained = await enforceRetention(
    client,
    keepDays({ workerSamples: 1, workerHourly: 3, workerDaily: 4, runs: 1 }),
    nowMs,
  );
  expect(retained.samplePartitionsDropped).toBeGreaterThanOrEqual(4);
  expect(await sql`SELECT FROM pool.worker_samples WHERE puid = ${String(fleet.puid)}`).toHaveLength(2);
  expect(await figures(fleet, 'hour')).toHaveLength(4);
  expect(await figures(fleet, 'day')).toHaveLength(5);
  const kept = await everything(fleet);
  const recomputed = await recomputeFleet(client, { fromMs: START, toMs: nowMs + DAY_MS });
  expect(recomputed.hoursKept).toBeGreaterThan(0);
  expect(await everything(fleet)).toEqual(kept);
  expect(
    await enforceRetention(
      client,
      keepDays({ workerSamples: 1, workerHourly: 3, workerDaily: 4, runs: 1 }),
      nowMs,
    ),
  ).toMatchObject({
    samplePartitionsMade: 0,
    samplePartitionsDropped: 0,
    hourlyRows: 0,
  });
});

test('a fleet without workers leaves no figures', async () => {
  const fleet = await newFleet();
  await snapshot(fleet, START, []);
  await recomputeFleet(client, { fromMs: START, toMs: START + 1 });
  expect(await everything(fleet)).toEqual([[], [], [], []]);
});

test('workers are removed and restored with their sub-account', async () => {
  const fleet = await newFleet();
  const worker = { id: 1, status: 'ACTIVE', hps: '1', rejectRate: null };
  await snapshot(fleet, START, [worker]);
  await sql`UPDATE pool.sub_accounts SET removed_at = ${new Date(START + 1_000)} WHERE puid = ${String(fleet.puid)}`;
  await enforceRetention(client, keepDays(), START + DAY_MS);
  const removed = () =>
    sql`SELECT removed_at IS NOT NULL AS removed FROM pool.workers WHERE puid = ${String(fleet.puid)}`;
  expect(await removed()).toEqual([{ removed: true }]);
  await snapshot(fleet, START + DAY_MS, [worker]);
  expect(await removed()).toEqual([{ removed: false }]);
});
