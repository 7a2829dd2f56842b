import { readStreamFreshness } from '../../../src/report/status/stream-freshness';
import { puidOf } from './ledger-history';
import { NEWEST, useReadState } from './read-state';

const state = useReadState();
const { know, sql } = state;

describe('freshness', () => {
  const freshnessOf = async (stream: string) =>
    (await readStreamFreshness(sql)).find(
      (row) => row.account === state.account.name && row.stream === stream,
    )!;

  test('a stream without success for three intervals is late', async () => {
    await know([NEWEST]);
    await sql`UPDATE sync.cursors SET last_success_at = now() - interval '181 minutes' WHERE stream = 'rewards'`;
    expect(await freshnessOf('earnings')).toMatchObject({
      isLate: false,
      state: 'fresh',
      scopes: 1,
      failingScopes: 0,
      degradedRows: '0',
    });
    expect(await freshnessOf('rewards')).toMatchObject({ isLate: true, state: 'late' });
  });

  test('a first sync without progress for three intervals is late', async () => {
    await know([NEWEST], false);
    await sql`UPDATE sync.cursors SET last_success_at = NULL`;
    const age = async (ago: string) => {
      await sql`UPDATE pool.accounts SET key_since = now() - ${ago}::interval, first_seen_at = now() - ${ago}::interval`;
      await sql`UPDATE pool.sub_accounts SET first_seen_at = now() - ${ago}::interval`;
    };
    expect(await freshnessOf('earnings')).toMatchObject({ state: 'first sync', isLate: false });
    expect(await freshnessOf('workers')).toMatchObject({
      state: 'waiting',
      isLate: false,
      lastSuccessAt: null,
    });
    await age('181 minutes');
    expect(await freshnessOf('earnings')).toMatchObject({ state: 'first sync', isLate: false });
    expect(await freshnessOf('workers')).toMatchObject({ state: 'late', isLate: true });
    await sql`UPDATE sync.windows SET verified_at = now() - interval '181 minutes'`;
    expect(await freshnessOf('earnings')).toMatchObject({ state: 'late', isLate: true });
    await age('1 minute');
  });

  test('the configured interval counts', async () => {
    await know([NEWEST]);
    await sql`UPDATE sync.cursors SET last_success_at = now() - interval '5 minutes'`;
    await sql`UPDATE sync.streams SET every_ms = 60000 WHERE stream = 'earnings'`;
    expect(await freshnessOf('earnings')).toMatchObject({ isLate: true });
    expect(await freshnessOf('rewards')).toMatchObject({ isLate: false });
    await sql`UPDATE sync.streams SET every_ms = 3600000 WHERE stream = 'earnings'`;
  });

  test('shows the last failure, quarantine and unknown values', async () => {
    await know([NEWEST]);
    await sql`UPDATE sync.cursors SET consecutive_failures = 2 WHERE stream = 'earnings'`;
    await sql`
      INSERT INTO sync.runs (stream, account_id, puid, algo, trigger, finished_at, outcome, error_message)
      VALUES ('earnings', ${state.account.id}, ${puidOf(state.account.id, 1)}, 'SHA256d', 'test', now(), 'failed', 'The pool is down.')`;
    await sql`
      INSERT INTO sync.quarantined_rows (stream, puid, algo, raw, raw_hash, reason, accepted_at)
      VALUES ('earnings', ${puidOf(state.account.id, 1)}, 'SHA256d', '{}', 'a', 'odd', NULL), ('earnings', ${puidOf(state.account.id, 1)}, 'SHA256d', '{}', 'b', 'odd', now())`;
    await sql`
      INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
      VALUES (${puidOf(state.account.id, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 'NEW_EARN', 0, 1, 'HELD')`;
    const rows = await sql`
      SELECT stream, failing_scopes::int AS failing, last_error, open_quarantine::int AS quarantined, unknown_values
        FROM report.data_freshness WHERE account_id = ${state.account.id} AND stream IN ('earnings', 'rewards') ORDER BY stream`;
    expect([...rows]).toEqual([
      {
        stream: 'earnings',
        failing: 1,
        last_error: 'The pool is down.',
        quarantined: 1,
        unknown_values: null,
      },
      {
        stream: 'rewards',
        failing: 0,
        last_error: null,
        quarantined: 0,
        unknown_values: 'status HELD, type NEW_EARN',
      },
    ]);
  });
});
