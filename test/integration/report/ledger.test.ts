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
    // Another question while the items are gone through.
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

test('items not read to the end leave no connection behind', async () => {
  for await (const item of ledger.income()) {
    expect(item.amount).toBe(EXACT);
    break;
  }
});

test('the example runs against the built package', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE, '2026-10'], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url },
  });
  expect(stdout).toBe(
    `2026-10-01 farm ${PUID} ${EXACT} BTC SETTLED\nrig-1 is not at work, last share: none\n`,
  );
});
