/** How are coins found whose rows are listed only when asked for by name? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { Simulator } from '../../../src/simulator';
import { setDatabaseClock } from '../../support/database-clock';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 10, 22, 8);
const key = { account: 'main', puid: 700n, algo: 'Scrypt' };

let pool: SyncedPool;
let simulator: Simulator;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { WORKER_DETAILS_SHARE: '0' },
    simulator: {
      seed: 3,
      startAt: START,
      world: { subAccountsPerAccount: 0, algorithms: ['Scrypt'], days: 1 },
    },
  });
  simulator = pool.simulator;
  simulator.world.addSubAccount('main', { puid: key.puid, pname: 'farm', defaultAlgo: 'Scrypt' });
  await syncAt(START);
});

async function syncAt(atMs: number, request?: Parameters<SyncedPool['sync']>[1]): Promise<unknown[]> {
  await setDatabaseClock(pool.sql, atMs);
  const summaries = await pool.sync({}, request);
  return summaries.flatMap(({ stream, results }) =>
    results
      // Without workers there are no details to query.
      .filter(({ outcome }) => outcome !== 'succeeded' && stream !== 'worker-details')
      .map(({ outcome }) => `${stream} ${outcome}`),
  );
}

function earn(currency: string, day: number, amount: string): void {
  simulator.world.insertEarning(key, { currency, minedAtMs: START - day * DAY_MS, amount });
}

async function ledger(): Promise<unknown[]> {
  const rows = await pool.sql<{ currency: string; amount: string; status: string }[]>`
    SELECT currency, trim_scale(amount)::text AS amount, status FROM pool.earnings
     WHERE withdrawn_at IS NULL ORDER BY currency, mined_at`;
  return rows.map(({ currency, amount, status }) => `${currency} ${amount} ${status}`);
}

function askedByName(): Set<string | undefined> {
  const asked = simulator.requests.entries.filter(({ endpoint }) => endpoint === 'earn/query');
  return new Set(asked.map(({ params }) => params['coinName']));
}

async function runsOf(stream: string): Promise<unknown[]> {
  const rows = await pool.sql<{ outcome: string; asked: boolean }[]>`
    SELECT outcome, requests > 0 AS asked FROM sync.runs WHERE stream = ${stream} ORDER BY run_id`;
  return rows.map(({ outcome, asked }) => [outcome, asked]);
}

test('P11 a run without a request is skipped; zeros are not stored', async () => {
  expect(await runsOf('account-income')).toEqual([['skipped', false]]);
  expect(await syncAt(START + HOUR_MS)).toEqual([]);
  expect((await runsOf('account-income')).at(-1)).toEqual(['succeeded', true]);
  expect(await pool.sql`SELECT FROM pool.account_income_samples`).toHaveLength(0);
});

test('P11 totals are queried again once the ledger holds a row', async () => {
  // The coins were already queried this week.
  expect(await syncAt(START + 2 * HOUR_MS)).toEqual(['account-income skipped', 'sub-account-income skipped']);
  const account = pool.service.accounts[0]!;
  const before = await pool.service.plan(account, 'account-income');
  expect(before.scopes[0]!.nextVisitMs).toBeGreaterThan(before.nowMs);
  earn('LTC', 1, '2');
  await pool.sync({ streams: ['earnings'] });
  const after = await pool.service.plan(account, 'account-income');
  expect(after.scopes[0]!.nextVisitMs).toBe(-Infinity);
  await pool.sync({ streams: ['account-income'] });
  expect(await pool.sql`SELECT currency FROM pool.account_income_samples`).toEqual([{ currency: 'LTC' }]);
});

test('P2 a coin that only its total shows is asked for by name', async () => {
  simulator.quirks.hiddenUnlessAsked = ['BELLS'];
  earn('BELLS', 3, '25.458995');
  earn('BELLS', 2, '1.000000000000000001');
  // The weekly coin discovery finds it, and the next cycle reads it.
  expect(await syncAt(START + 9 * DAY_MS)).toEqual([]);
  expect(await pool.sql`SELECT currency FROM sync.hidden_coins`).toEqual([{ currency: 'BELLS' }]);
  expect(await ledger()).toEqual(['LTC 2 SETTLED']);
  expect(await syncAt(START + 9 * DAY_MS + HOUR_MS)).toEqual([]);
  expect(askedByName()).toEqual(new Set([undefined, 'BELLS']));
  const rows = ['BELLS 25.458995 SETTLED', 'BELLS 1.000000000000000001 SETTLED', 'LTC 2 SETTLED'];
  expect(await ledger()).toEqual(rows);
  // A row that the list never shows does not count as vanished.
  expect(await syncAt(START + 9 * DAY_MS + 2 * HOUR_MS, { verifyBeforeMs: Infinity, span: null })).toEqual(
    [],
  );
  expect(await ledger()).toEqual(rows);
  const revisions = await pool.sql`SELECT count(*)::int AS n FROM pool.earning_revisions`;
  expect(revisions[0]).toEqual({ n: 3 });
});
