import { readRows, rowId, type ExportRow } from '../../../src/report/export/rows';
import { useTestDatabase } from '../../support/test-database';

const { sql } = useTestDatabase({ connections: 2 });

test('the ledger shows the row_id that exports contain', async () => {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES (${'a "b" \\ / \t \u0001 \u007f \u2028 €'}, 'x')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 9007199254740993, 'farm')`;
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at)
    VALUES (9007199254740993, 'SHA256d', 'BTC', '2026-10-01 00:00:00.123Z', 0, 1, 'SETTLED', '2026-10-02Z'),
           (9007199254740993, 'SHA256d', 'BTC', '2026-10-01 00:00:00.123Z', 1, 1, 'WAIT_SETTLE', NULL)`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (9007199254740993, 'x"y', 'LTC', '2026-10-01Z', ${'NEW\n"EARN"'}, 0, 1, 'SETTLED')`;
  const [{ instant } = { instant: '' }] = await sql<
    { instant: string }[]
  >`SELECT sync.now()::text AS instant`;
  const selection = {
    period: { name: 'all', timeZone: 'UTC', from: null, to: null },
    asOf: { instant, reason: 'now' },
    basis: 'accrual',
    accountName: null,
    since: null,
  } as const;
  const exported: ExportRow[] = [];
  for await (const batch of readRows(sql, selection)) exported.push(...batch);
  const shown = await sql<{ id: string }[]>`SELECT row_id AS id FROM report.income_ledger ORDER BY row_id`;
  expect(exported).toHaveLength(3);
  expect(shown.map(({ id }) => id)).toEqual(exported.map(rowId).sort());
});
