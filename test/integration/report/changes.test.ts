import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

const { sql } = useTestDatabase();

test('changes since an instant show the state before and after', async () => {
  const puid = puidOf(await createLedgerAccount(sql, 'main'), 1);
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 'WAIT_SETTLE'), (${puid}, 'SHA256d', 'BTC', '2026-10-02Z', 0, 2, 'SETTLED')`;
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'LTC', '2026-10-01Z', 'REWARD_EARN', 0, 5, 'SETTLED'),
           (${puid}, 'SHA256d', 'LTC', '2026-10-01Z', 'FEE_RATE_EARN', 0, 6, 'SETTLED')`;
  const [{ since } = { since: '' }] = await sql<
    { since: string }[]
  >`SELECT sync.fix_ledger_instant()::text AS since`;
  await sql`UPDATE pool.earnings SET status = 'SETTLED', settled_at = '2026-10-03Z' WHERE mining_date = '2026-10-01'`;
  await sql`UPDATE pool.rewards SET amount = 5.5 WHERE type = 'REWARD_EARN'`;
  await sql`UPDATE pool.earnings SET withdrawn_at = now() WHERE mining_date = '2026-10-02'`;
  await sql`UPDATE pool.earnings SET withdrawn_at = NULL WHERE mining_date = '2026-10-02'`;
  const rows = await sql`
    SELECT concat_ws(' ', stream, type, mining_date, change, coalesce(amount_before_text, '-'), coalesce(amount_after_text, '-'),
                     status_before, status_after) AS line
      FROM report.changes WHERE known_at > ${since}::text::timestamptz ORDER BY known_at`;
  expect(rows.map(({ line }) => line as string)).toEqual([
    'earnings 2026-10-01 settled 1 1 WAIT_SETTLE SETTLED',
    'rewards REWARD_EARN 2026-10-01 amended 5 5.5 SETTLED SETTLED',
    'earnings 2026-10-02 withdrawn 2 - SETTLED SETTLED',
    'earnings 2026-10-02 restored - 2 SETTLED SETTLED',
  ]);
  const [same] = await sql`
    SELECT count(DISTINCT c.row_id)::int AS ids, count(DISTINCT l.row_id)::int AS found
      FROM report.changes c LEFT JOIN report.income_ledger l USING (row_id)`;
  expect(same).toEqual({ ids: 4, found: 4 });
});

test('every close and reopen is kept, the last of a month counts', async () => {
  for (const action of ['close', 'reopen', 'close']) {
    await sql`INSERT INTO sync.closes (month, action, instant) VALUES ('2026-09-01', ${action}, sync.fix_ledger_instant())`;
  }
  const rows = await sql`
    SELECT concat_ws(' ', account_name, action, is_in_force) AS line FROM report.closed_months ORDER BY close_id`;
  expect(rows.map(({ line }) => line as string)).toEqual(['main close f', 'main reopen f', 'main close t']);
});
