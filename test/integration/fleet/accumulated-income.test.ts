import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { Simulator } from '../../../src/simulator';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { setDatabaseClock } from '../../support/database-clock';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
let simulator: Simulator;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
const START = Date.UTC(2026, 10, 22, 8);
const key = { account: 'main', puid: 500n, algo: 'SHA256d' };
const INCOME = ['account-income', 'sub-account-income'] as const;

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { COINS: 'BTC,DOGE', WORKER_DETAILS_SHARE: '0' },
    simulator: {
      seed: 7,
      startAt: START,
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1 },
    },
  });
  simulator = pool.simulator;
  simulator.world.addSubAccount('main', { puid: key.puid, pname: 'farm', defaultAlgo: 'SHA256d' });
  simulator.world.insertEarning(key, {
    currency: 'BTC',
    minedAtMs: START - DAY_MS,
    amount: '0.000000000000000001',
  });
  simulator.world.insertEarning(key, { currency: 'LTC', minedAtMs: START - DAY_MS, amount: '2' });
  simulator.world.insertEarning(key, {
    currency: 'XYZ',
    minedAtMs: START - DAY_MS,
    amount: '99999999999999999999.5',
  });
  await setDatabaseClock(pool.sql, START);
  await pool.sync();
});

async function syncAt(atMs: number): Promise<string[]> {
  await setDatabaseClock(pool.sql, atMs);
  const summaries = await pool.sync({ streams: [...INCOME] });
  return summaries.flatMap(({ results }) =>
    results.map(({ outcome, reason }) => `${outcome} ${reason ?? ''}`.trim()),
  );
}

async function accountSamples(currency: string): Promise<unknown[]> {
  const rows = await pool.sql<{ hours: number; amount: string }[]>`
    SELECT round(extract(epoch FROM observed_at - ${new Date(START)}::timestamptz) / 3600)::int AS hours,
           trim_scale(amount)::text AS amount
      FROM pool.account_income_samples WHERE currency = ${currency} ORDER BY observed_at`;
  return rows.map(({ hours, amount }) => [hours, amount]);
}

test('P1 totals are stored digit for digit, for every coin', async () => {
  expect(await syncAt(START + HOUR_MS)).toEqual(['succeeded', 'succeeded']);
  const latest = await pool.sql`
    SELECT DISTINCT ON (currency) currency, trim_scale(amount)::text AS amount FROM pool.account_income_samples
     ORDER BY currency, observed_at DESC`;
  expect(latest).toEqual([
    { currency: 'BTC', amount: '0.000000000000000001' },
    { currency: 'LTC', amount: '2' },
    { currency: 'XYZ', amount: '99999999999999999999.5' },
  ]);
  const sub = await pool.sql`
    SELECT DISTINCT ON (currency) puid::int, pname, currency, trim_scale(amount)::text AS amount
      FROM pool.sub_account_income_samples ORDER BY currency, observed_at DESC`;
  expect(sub[2]).toEqual({ puid: 500, pname: 'farm', currency: 'XYZ', amount: '99999999999999999999.5' });
});

test('of equal totals, the first, the last and one a day are kept', async () => {
  for (const hours of [2, 3, 4, 30, 31, 32]) await syncAt(START + hours * HOUR_MS);
  expect(await accountSamples('LTC')).toEqual([
    [0, '2'],
    [4, '2'],
    [30, '2'],
    [32, '2'],
  ]);
  simulator.world.insertEarning(key, { currency: 'LTC', minedAtMs: START - DAY_MS, amount: '5' });
  for (const hours of [33, 34, 35]) await syncAt(START + hours * HOUR_MS);
  expect((await accountSamples('LTC')).slice(-3)).toEqual([
    [32, '2'],
    [33, '7'],
    [35, '7'],
  ]);
  const [runs] =
    await pool.sql`SELECT rows_inserted, rows_unchanged FROM sync.runs WHERE stream = 'account-income' ORDER BY run_id DESC LIMIT 1`;
  expect(runs).toEqual({ rows_inserted: 0, rows_unchanged: 3 });
});

test('a sub-account known only by its income is not listed', async () => {
  simulator.world.addSubAccount('main', { puid: 501n, pname: 'gone', defaultAlgo: 'SHA256d' });
  simulator.world.insertEarning(
    { ...key, puid: 501n },
    { currency: 'BTC', minedAtMs: START - DAY_MS, amount: '3' },
  );
  simulator.world.removeSubAccount('main', 501n);
  expect(await syncAt(START + 40 * HOUR_MS)).toEqual(['succeeded', 'succeeded']);
  const [row] =
    await pool.sql`SELECT pname, default_algo, removed_at IS NOT NULL AS removed FROM pool.sub_accounts WHERE puid = 501`;
  expect(row).toEqual({ pname: 'gone', default_algo: null, removed: true });
});

test('P1 a total that does not fit is quarantined, never rounded', async () => {
  const before = await accountSamples('BTC');
  simulator.faults.when(({ endpoint, params }) =>
    endpoint === 'user/earn' && params['coinName'] === 'BTC'
      ? { kind: 'rewrite', rewrite: (json) => json.replace(/"data":[^}]*/, '"data":1.0000000000000000001') }
      : undefined,
  );
  const outcomes = await syncAt(START + 50 * HOUR_MS);
  simulator.faults.clear();
  expect(outcomes).toEqual(['partial totals that could not be parsed are in quarantine', 'succeeded']);
  expect(await accountSamples('BTC')).toEqual(before);
  expect((await accountSamples('LTC')).at(-1)).toEqual([50, '7']);
  const [row] = await pool.sql`SELECT raw, reason FROM sync.quarantined_rows WHERE stream = 'account-income'`;
  expect(row).toMatchObject({
    raw: '1.0000000000000000001',
    reason: expect.stringMatching(/^BTC: /) as string,
  });
  expect(await syncAt(START + 51 * HOUR_MS)).toEqual(['succeeded', 'succeeded']);
});

test('a configured coin that the pool refuses is ignored', async () => {
  const refuse = (coin: string) =>
    simulator.faults.when(({ endpoint, params }) =>
      endpoint === 'user/earn' && params['coinName'] === coin ? { kind: 'code', code: '400100' } : undefined,
    );
  refuse('DOGE');
  expect(await syncAt(START + 200 * HOUR_MS)).toEqual(['succeeded', 'succeeded']);
  refuse('XYZ');
  expect((await syncAt(START + 201 * HOUR_MS))[0]).toBe('partial the pool refuses to total XYZ');
  simulator.faults.clear();
});
