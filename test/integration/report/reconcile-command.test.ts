import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let accountId: number;

const database = useTestDatabase();
const { sql } = database;
beforeAll(async () => {
  accountId = await createLedgerAccount(sql, 'main');
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete)
    SELECT stream, puid, 'SHA256d', true
      FROM unnest(ARRAY['earnings', 'rewards']) AS stream, unnest(${[1, 2].map((n) => puidOf(accountId, n))}::bigint[]) AS puid`;
  for (const n of [1, 2]) await earn(n, '2026-10-01Z');
});
beforeEach(async () => {
  await sql`DELETE FROM pool.sub_account_income_samples`;
  await sql`DELETE FROM sync.quarantined_rows`;
});

async function earn(n: number, day: string): Promise<void> {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, n)}, 'SHA256d', 'BTC', ${day}::text::timestamptz, 0, 1, 'SETTLED')`;
}

async function giveTotal(n: number, amount: string): Promise<void> {
  await sql`
    INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
    VALUES (${puidOf(accountId, n)}, 'BTC', sync.fix_ledger_instant(), ${amount}::numeric)`;
}

async function reconcile() {
  const { code, stdout } = await runCliInProcess(['reconcile', '--json'], { DATABASE_URL: database.url });
  return { code, rows: JSON.parse(stdout) as { puid: string; verdict: string; reason: string | null }[] };
}

test.each<[code: number, when: string, totals: readonly [puid: number, amount: string][]]>([
  [1, 'no total can be compared', []],
  [0, 'a total matches and the others cannot be compared', [[1, '1']]],
  [
    1,
    'a total differs, although another one matches',
    [
      [1, '1'],
      [2, '5'],
    ],
  ],
])('P11 reconcile exits with %i when %s', async (code, _when, totals) => {
  for (const [puid, amount] of totals) await giveTotal(puid, amount);
  expect((await reconcile()).code).toBe(code);
});

test('P11 a total with quarantined rows says where they are', async () => {
  await sql`
    INSERT INTO sync.quarantined_rows (stream, puid, algo, raw, raw_hash, reason, accepted_at)
    VALUES ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', '{}', 'a', 'odd', now())`;
  await giveTotal(1, '5');
  const { rows } = await reconcile();
  expect(rows.find(({ puid }) => puid === String(puidOf(accountId, 1)))).toMatchObject({
    verdict: 'not comparable',
    reason: expect.stringContaining('including accepted ones): kpool quarantine list --all') as string,
  });
});

test('kpool reconcile fits into 100 columns, with all digits', async () => {
  const name = 'a name of a sub-account that somebody thought about for a long time';
  await sql`UPDATE pool.sub_accounts SET pname = ${name} WHERE puid = 1`;
  await giveTotal(1, '123456.123456789012345678');
  await giveTotal(2, '1');
  const { stdout } = await runCliInProcess(['reconcile'], { DATABASE_URL: database.url });
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  expect(stdout).toContain('123456.123456789012345678');
  expect(stdout).toContain('123455.123456789012345678');
});
