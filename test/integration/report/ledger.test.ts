import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { openLedger, type IncomeItem, type Ledger } from '../../../src/index';
import { useTestDatabase } from '../../support/test-database';

const PUID = 9_007_199_254_740_993n;
const EXACT = '99999999999999999999.000000000000000001';
const EXAMPLE = path.join(__dirname, '..', '..', '..', 'examples', 'read-income.mjs');

let ledger: Ledger;

const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => ledger.close());
beforeAll(async () => {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'x')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, ${String(PUID)}, 'farm')`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${String(PUID)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, ${EXACT}, 'SETTLED'),
           (${String(PUID)}, 'SHA256d', 'BTC', '2026-11-01Z', 0, 2, 'WAIT_SETTLE')`;
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, status, hour_hash_rate_hps)
    VALUES (${String(PUID)}, 'SHA256d', ${String(PUID)}, 'rig-1', 'INACTIVE', 1.5)`;
  ledger = await openLedger(database.url);
});

test('P1 programs read amounts as text and ids as bigint', async () => {
  const items: IncomeItem[] = [];
  for await (const item of ledger.income({
    account: 'main',
    currency: 'BTC',
    fromDay: '2026-10-01',
    beforeDay: '2026-11-01',
  })) {
    items.push(item);
    // Another query during the iteration.
    const [month] = await ledger.monthlyIncome({ puid: PUID, beforeDay: '2026-11-01' });
    expect(month).toMatchObject({ month: '2026-10-01', puid: PUID, total: EXACT, paid: '0' });
  }
  expect(items).toMatchObject([
    {
      puid: PUID,
      amount: EXACT,
      miningDate: '2026-10-01',
      stream: 'earnings',
      minedAt: new Date('2026-10-01Z'),
    },
  ]);
  expect(await ledger.machines()).toMatchObject([
    { workerId: PUID, workerName: 'rig-1', hashRateHps: '1.5' },
  ]);
});

test('P1 every view matches its model, digit for digit', async () => {
  const views = await ledger.views();
  const [item] = await views.incomeLedger.findMany({ where: { puid: PUID, day: new Date('2026-10-01') } });
  expect(item).toMatchObject({ puid: PUID, amountText: EXACT, status: 'SETTLED', settledAt: null });
  expect(item?.amount.toFixed()).toBe(EXACT);
  expect(await views.incomeLedger.findUnique({ where: { rowId: item?.rowId ?? '' } })).toEqual(item);
  const [sum] = await views.dailyIncome.groupBy({ by: ['currency'], _sum: { total: true, items: true } });
  expect(sum?._sum.total?.toFixed()).toBe('100000000000000000001.000000000000000001');
  expect(sum?._sum.items).toBe(2n);
  const [machine] = await views.workerStatus.findMany({ where: { workerId: PUID } });
  expect(machine?.hourHashRateHps?.toFixed()).toBe('1.5');
  const models = Object.values<unknown>(views).filter(isModel);
  expect(models.length).toBeGreaterThan(30);
  for (const model of models) await model.findMany();
});

function isModel(value: unknown): value is { findMany(): Promise<unknown> } {
  return typeof value === 'object' && value !== null && 'findMany' in value;
}

test('an iteration that stops early leaves no connection', async () => {
  for await (const item of ledger.income()) {
    expect(item.amount).toBe(EXACT);
    break;
  }
});

test('the example runs with the built package', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, '2026-10'], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url },
  });
  expect(stdout).toBe(
    `2026-10-01 farm ${PUID} ${EXACT} BTC SETTLED\n${EXACT} BTC\nrig-1 is not at work, last share: none\n`,
  );
});
