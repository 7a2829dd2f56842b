import { setDatabaseClock } from '../../support/database-clock';
import { useTestDatabase } from '../../support/test-database';

const NOW = Date.UTC(2026, 10, 22, 12);

const { sql } = useTestDatabase();

beforeAll(async () => {
  await setDatabaseClock(sql, NOW);
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'x')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, 'farm')`;
});

let lastId = 0;

interface Machine {
  readonly status?: string;
  readonly hourRate?: number | null;
  readonly rejectRate?: string | null;
  readonly minutesSinceShare?: number | null;
  /** By day, oldest first and today last: the mean hashrate, and how many of 10 snapshots were active. */
  readonly days?: readonly (readonly [rate: number | null, active: number])[];
  readonly algo?: string;
}

const USUAL_WEEK = Array.from({ length: 8 }, () => [100, 10] as const);

async function machine(facts: Machine): Promise<number> {
  lastId += 1;
  const {
    status = 'ACTIVE',
    hourRate = 100,
    rejectRate = '0.1',
    minutesSinceShare = 2,
    days = USUAL_WEEK,
    algo = 'SHA256d',
  } = facts;
  const lastShareAt = minutesSinceShare === null ? null : new Date(NOW - minutesSinceShare * 60_000);
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, status, hour_hash_rate_hps, reject_rate, last_share_at)
    VALUES (7, ${algo}, ${lastId}, ${`rig-${lastId}`}, ${status}, ${hourRate}, ${rejectRate}, ${lastShareAt})`;
  for (const [index, [rate, active]] of days.entries()) {
    await sql`
      INSERT INTO pool.worker_daily (puid, algo, worker_id, day, snapshots, active_samples, avg_real_hash_rate_hps)
      VALUES (7, ${algo}, ${lastId}, '2026-11-22'::date - ${days.length - 1 - index}::int, 10, ${active}, ${rate})`;
  }
  await sql`SELECT sync.sum_up_fleet_days(7, ${algo}, '2026-11-22'::date - 90, '2026-11-22')`;
  return lastId;
}

async function health(id: number): Promise<Record<string, unknown>> {
  const [row] = await sql`
    SELECT trim_scale(baseline_hash_rate_hps)::text AS baseline, trim_scale(share_of_baseline)::text AS share,
           trim_scale(uptime)::text AS uptime, date_trunc('minute', since_last_share)::text AS since
      FROM report.worker_health WHERE worker_id = ${id}`;
  return { ...row };
}

async function reasons(id: number): Promise<[unknown, unknown] | null> {
  const [row] = await sql`
    SELECT reasons, trim_scale(lost_hash_rate_hps)::text AS lost FROM report.worker_attention WHERE worker_id = ${id}`;
  return row === undefined ? null : [row['reasons'], row['lost']];
}

const daysOf = (rate: number, count: number) => Array.from({ length: count }, () => [rate, 10] as const);

test('a machine’s baseline comes from its sound weeks', async () => {
  const days = [
    ...daysOf(9_000, 7),
    ...daysOf(40, 6 * 7),
    ...daysOf(70, 7),
    ...daysOf(40, 7),
    [40, 5],
    ...daysOf(40, 5),
    [999, 5],
  ] as const;
  const id = await machine({ days, hourRate: 30, minutesSinceShare: 90 });
  expect(await health(id)).toEqual({ baseline: '40', share: '0.75', uptime: '0.875', since: '01:30:00' });
});

test.each([4, 10, 30, 45])('a machine that stays slow for %d days is still slow', async (count) => {
  const id = await machine({ days: [...daysOf(100, 60 - count), ...daysOf(60, count + 1)], hourRate: 60 });
  expect(await reasons(id)).toEqual(['slow', '40']);
});

test.each([
  ['within a week', 6 * 1440, ['down, unsteady', null]],
  ['longer ago', 8 * 1440, null],
] as const)(
  'a machine that is down from its first day, last share %s',
  async (_, minutesSinceShare, expected) => {
    const days = [[null, 0]] as const;
    const id = await machine({ status: 'INACTIVE', days, minutesSinceShare });
    expect(await reasons(id)).toEqual(expected);
  },
);

test.each([
  ['percent', 1],
  ['a share of 1', 0.01],
])('a reject rate in %s is compared with the fleet’s', async (_, unit) => {
  const algo = `in ${unit}`;
  for (let n = 0; n < 20; n += 1) await machine({ algo, rejectRate: String((1 + n / 20) * unit) });
  const usual = await machine({ algo, rejectRate: String(2.5 * unit) });
  const worst = await machine({ algo, rejectRate: String(6 * unit) });
  expect(await reasons(usual)).toBeNull();
  expect(await reasons(worst)).toEqual(['rejects', '0']);
});

test('a machine without history, rate or share needs no attention', async () => {
  const id = await machine({ days: [], hourRate: null, rejectRate: null, minutesSinceShare: null });
  expect(await health(id)).toEqual({ baseline: null, share: null, uptime: null, since: null });
  expect(await reasons(id)).toBeNull();
});

test.each<[string, Machine, [string, string] | null]>([
  ['works as usual', {}, null],
  ['went down', { status: 'INACTIVE', hourRate: 60 }, ['down', '100']],
  ['has a status nobody knows', { status: 'ON_HOLIDAY' }, ['down', '100']],
  ['is up and sends no share', { minutesSinceShare: 61 }, ['no share', '0']],
  ['does 79 % of the usual', { hourRate: 79 }, ['slow', '21']],
  ['does 80 % of the usual', { hourRate: 80 }, null],
  [
    'has more shares rejected than the few others of its algorithm',
    { rejectRate: '2', algo: 'Scrypt' },
    null,
  ],
  ['was up less than 90 % of the week', { days: USUAL_WEEK.map(([rate]) => [rate, 8]) }, ['unsteady', '0']],
  [
    'is down and was so often',
    {
      status: 'INVALID',
      days: [
        [100, 1],
        [100, 1],
      ],
    },
    ['down, unsteady', '100'],
  ],
  [
    'was off all week',
    { status: 'INACTIVE', minutesSinceShare: 8 * 1440, days: USUAL_WEEK.map(() => [null, 0]) },
    null,
  ],
])('worker_attention judges a machine that %s', async (_, facts, expected) => {
  expect(await reasons(await machine(facts))).toEqual(expected);
});

test('a machine that the pool no longer lists needs no attention', async () => {
  const id = await machine({ status: 'INACTIVE' });
  await sql`UPDATE pool.workers SET removed_at = now() WHERE worker_id = ${id}`;
  expect(await reasons(id)).toBeNull();
});
