import fc from 'fast-check';
import { useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps, puidOf } from './ledger-history';

/** KPOOL_TEST_RUNS plays more histories than a run of the suite does: each run draws others. */
const RUNS = Number(process.env['KPOOL_TEST_RUNS'] ?? 12);
let accounts = 0;

const { sql } = useTestDatabase({ connections: 4 });

const CONTENT =
  'sub_account, algo, currency, stream, type, mined_at, ordinal, amount_text, status, settled_at, hash_rate_hps';

async function contentOf(relation: string, accountId: number): Promise<string[]> {
  const rows = await sql.unsafe<{ row: string }[]>(
    `SELECT row(${CONTENT})::text AS row FROM ${relation} WHERE account_id = $1 ORDER BY 1`,
    [accountId],
  );
  return rows.map(({ row }) => row);
}

test('the ledger as of an instant never changes', async () => {
  await fc.assert(
    fc.asyncProperty(ledgerSteps, async (steps) => {
      const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
      const said: { instant: string; rows: string[] }[] = [];
      for (const step of steps) {
        await applyLedgerStep(sql, accountId, step);
        const [fixed] = await sql<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
        said.push({ instant: fixed!.instant, rows: await contentOf('report.income_ledger', accountId) });
      }
      for (const { instant, rows } of said) {
        expect(await contentOf(`report.income_as_of('${instant}')`, accountId)).toEqual(rows);
      }
    }),
    { numRuns: RUNS },
  );
});

test('the ledger before the first sync is empty', async () => {
  const accountId = await createLedgerAccount(sql, 'late');
  const [before] = await sql<{ instant: string }[]>`SELECT sync.fix_ledger_instant()::text AS instant`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'SETTLED')`;
  expect(await contentOf(`report.income_as_of('${before!.instant}')`, accountId)).toEqual([]);
});

test('at the instant of a change only the new state counts', async () => {
  const accountId = await createLedgerAccount(sql, 'instant');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'WAIT_SETTLE')`;
  await sql`UPDATE pool.earnings SET amount = 2 WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  const [change] = await sql<{ instant: string }[]>`
    SELECT changed_at::text AS instant FROM pool.earnings WHERE puid IN (SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId})`;
  const amounts = await sql.unsafe(
    `SELECT amount_text FROM report.income_as_of('${change!.instant}') WHERE account_id = ${accountId}`,
  );
  expect([...amounts]).toEqual([{ amount_text: '2' }]);
});
