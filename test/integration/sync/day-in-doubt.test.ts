import { DAY_MS } from '../../../src/core/day';
import { runCliInProcess } from '../../support/cli-in-process';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());

const now = new Date();
/** A day in the middle of the last month. */
const dayMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 14);
const day = new Date(dayMs).toISOString().slice(0, 10);
const month = day.slice(0, 7);
const VERIFY = { verifyBeforeMs: Infinity, span: null };

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 12,
      startAt: Date.now(),
      world: { days: 50, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 1 },
    },
  });
});

const kpool = (...args: readonly string[]) =>
  runCliInProcess(args, { DATABASE_URL: database.url, LOG_LEVEL: 'silent' });

async function problems(): Promise<{ code: number | null; doubts: string[] }> {
  const { code, stdout } = await kpool('status', '--json');
  const told = (JSON.parse(stdout) as { problems: { kind: string; what: string; cause: string }[] }).problems;
  const doubts = told.filter(({ kind }) => kind === 'days-in-doubt');
  return { code, doubts: doubts.map(({ what, cause }) => `${what} ${cause}`) };
}

async function statesOf(stream: string): Promise<string[]> {
  const spans = await pool.sql<{ state: string }[]>`
    SELECT DISTINCT state FROM report.completeness WHERE stream = ${stream} ORDER BY state`;
  return spans.map(({ state }) => state);
}

async function withdrawnDays(): Promise<string[]> {
  const rows = await pool.sql<{ day: string }[]>`
    SELECT sync.day_of(mined_at, 'UTC')::text AS day FROM pool.earnings WHERE withdrawn_at IS NOT NULL ORDER BY 1`;
  return rows.map((row) => row.day);
}

test('P4 P8 P11 accepting a bad row leaves its day in doubt', async () => {
  const { world } = pool.simulator;
  const [key] = world.scopes();
  const [subAccount] = world.subAccounts('main');
  const rowOf = (atMs: number) =>
    world.earnings(key!).find(({ minedAtMs }) => minedAtMs >= atMs && minedAtMs < atMs + DAY_MS)!;
  const bad = world.insertRaw(
    'earnings',
    key!,
    dayMs,
    `{"amount":"1.5 BTC","currency":"BTC","miningDate":${dayMs},"status":"SETTLED"}`,
  );
  await pool.sync({ streams: ['algorithms', 'sub-accounts', 'earnings', 'rewards'] });
  expect(await statesOf('earnings')).toEqual(['certified', 'certified except 1']);
  const [{ number } = { number: '' }] = JSON.parse((await kpool('quarantine', 'list', '--json')).stdout) as {
    number: string;
  }[];
  expect((await kpool('quarantine', 'accept', number)).code).toBe(0);
  expect(await problems()).toMatchObject({ doubts: [] });

  world.withdraw(rowOf(dayMs));
  world.withdraw(rowOf(dayMs - 2 * DAY_MS));
  world.withdraw(rowOf(dayMs + 2 * DAY_MS));
  await pool.sync({ streams: ['earnings'] }, VERIFY);
  const otherDays = [-2, 2].map((n) => new Date(dayMs + n * DAY_MS).toISOString().slice(0, 10));
  expect(await withdrawnDays()).toEqual(otherDays);
  expect(await statesOf('earnings')).toEqual(['certified', 'in doubt 1']);
  const name = `${subAccount!.pname} (SHA256d) on ${day}`;
  const { code, doubts } = await problems();
  expect([code, doubts.length]).toEqual([1, 1]);
  expect(doubts[0]).toMatch(/^1 row of earnings of main is in doubt: /);
  expect(doubts[0]).toContain(name);
  const refused = await kpool('close', month);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(
    `earnings of ${subAccount!.pname} (main, SHA256d) have 1 row in doubt, on ${day}: `,
  );
  expect((await kpool('close', month, '--force')).code).toBe(0);
  expect((await kpool('reopen', month)).code).toBe(0);

  world.withdraw(bad);
  await pool.sync({ streams: ['earnings'] }, VERIFY);
  expect(await withdrawnDays()).toEqual([otherDays[0], day, otherDays[1]]);
  expect(await statesOf('earnings')).toEqual(['certified']);
  expect(await problems()).toMatchObject({ doubts: [] });
  expect((await kpool('close', month)).code).toBe(0);
}, 120_000);
