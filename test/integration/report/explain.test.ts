import postgres from 'postgres';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let sql: postgres.Sql;
let puid: number;

// Before the database goes.
afterAll(() => sql.end());
const database = useTestDatabase();
beforeAll(async () => {
  sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  puid = puidOf(await createLedgerAccount(sql, 'main'), 1);
});

async function explain(...args: readonly string[]) {
  return runCliInProcess(['explain', ...args], { DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
}

test('P4 a figure can be followed: its states, proof and close', async () => {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1.000000000000000001, 'WAIT_SETTLE')`;
  await sql`
    INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, rows_served, rows_landed, requests, content_hash, observed_at)
    VALUES (7, 'earnings', ${puid}, 'SHA256d', '2026-09-01Z', 'infinity', 1, 1, 1, 'abc', sync.now())`;
  await sql`INSERT INTO sync.closes (month, action, instant) VALUES ('2026-10-01', 'close', sync.fix_ledger_instant())`;
  await sql`UPDATE pool.earnings SET amount = 2, status = 'SETTLED', settled_at = '2026-10-02Z' WHERE puid = ${puid}`;
  const [row] = await sql<{ id: string }[]>`SELECT row_id AS id FROM report.income_ledger`;
  const told = await explain(row!.id, '--json');
  expect(told.code).toBe(0);
  expect(JSON.parse(told.stdout)).toMatchObject({
    ...{ rowId: row!.id, account: 'main', subAccount: 'farm 1', puid: String(puid), currency: 'BTC' },
    counts: 'counts as income',
    value: null,
    states: [
      { change: 'appeared', amount: '1.000000000000000001', status: 'WAIT_SETTLE', settledAt: null },
      {
        change: 'settled',
        amount: '2',
        status: 'SETTLED',
        settledAt: '2026-10-02T00:00:00.000000Z',
        to: null,
      },
    ],
    certificates: [{ rowsServed: 1, contentHash: 'abc', run: 'run 7' }],
    closes: [{ month: '2026-10', action: 'close', amount: '1.000000000000000001' }],
  });
  expect((await explain(row!.id)).stdout).toContain('It counts as income.');
  // What is gone can be followed, too.
  await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE puid = ${puid}`;
  expect((await explain(row!.id)).stdout).toContain('It does not count: the pool no longer serves it.');
});

test('an id that no row has is refused', async () => {
  const told = await explain('0'.repeat(32));
  expect([told.code, told.stderr]).toEqual([
    2,
    expect.stringContaining(`No row of the ledger has the id ${'0'.repeat(32)}.`) as string,
  ]);
});
