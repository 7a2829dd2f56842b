import { DAY_MS } from '../../../src/core/day';
import { closeMonth, reopenMonth } from '../../../src/report/months/closes';
import { findMonth } from '../../../src/report/months/month';
import { readCompleteness } from '../../../src/report/demo-overview';
import { readStreamFreshness } from '../../../src/report/status/stream-freshness';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let accountId: number;
let accounts = 0;

const { sql } = useTestDatabase({ connections: 2 });
beforeEach(async () => {
  // Only one account is active at a time, because a close checks all of them.
  await sql`UPDATE pool.sub_accounts SET default_algo = NULL`;
  await sql`UPDATE pool.accounts SET status = 'duplicate'`;
  await sql`DELETE FROM sync.windows`;
  await sql`DELETE FROM sync.quarantined_rows`;
  await sql`DELETE FROM sync.cursors`;
  accountId = await createLedgerAccount(sql, `account ${accounts++}`);
  await sql`UPDATE pool.sub_accounts SET default_algo = NULL WHERE puid = ${puidOf(accountId, 2)}`;
});

interface Span {
  readonly from: string;
  readonly to: string;
  /** How long ago all of it was read; null if never. */
  readonly readAgo: string | null;
  readonly quarantined?: number;
  readonly inDoubt?: number;
}

/** Stores what a sync would know about both lists of sub-account 1 and SHA256d. */
async function know(
  spans: readonly Span[],
  isWhole = true,
  streams = ['earnings', 'rewards'],
): Promise<void> {
  await sql`
    INSERT INTO sync.cursors (stream, account_id, last_success_at)
    SELECT stream, ${accountId}, now() FROM unnest(ARRAY['algorithms', 'sub-accounts']) AS stream`;
  for (const stream of streams) {
    await sql`
      INSERT INTO sync.cursors (stream, puid, algo, history_complete, last_life_at, last_success_at, last_cycle_at)
      VALUES (${stream}, ${puidOf(accountId, 1)}, 'SHA256d', ${isWhole}, now(), now(), now())`;
    for (const span of spans) {
      await sql`
        INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, row_count, quarantined_count, in_doubt_count, verified_at)
        VALUES (${stream}, ${puidOf(accountId, 1)}, 'SHA256d', ${span.from}::text::timestamptz, ${span.to}::text::timestamptz, 10,
                ${span.quarantined ?? 0}, ${span.inDoubt ?? 0}, now() - ${span.readAgo}::interval)`;
    }
  }
}

async function spansOf(stream: string): Promise<string[]> {
  const spans = await readCompleteness(sql);
  const text = await sql<{ span: string }[]>`
    SELECT concat_ws(' ', coalesce(from_at::date::text, '…'), coalesce(to_at::date::text, '…'), state) AS span
      FROM report.completeness WHERE account_id = ${accountId} AND stream = ${stream} ORDER BY from_at NULLS FIRST`;
  expect(spans.length).toBeGreaterThan(0);
  return text.map(({ span }) => span);
}

const NEWEST = { from: '2026-10-20Z', to: 'infinity', readAgo: '1 minute' };
const today = new Date().toISOString().slice(0, 10);

describe('completeness', () => {
  test('windows that were all read form one certified span', async () => {
    await know([
      NEWEST,
      { from: '2026-10-01Z', to: '2026-10-20Z', readAgo: '1 hour' },
      { from: '2026-01-01Z', to: '2026-10-01Z', readAgo: '5 days' },
    ]);
    expect(await spansOf('earnings')).toEqual([`2026-01-01 ${today} certified`]);
  });

  test('quarantine, gaps, old proofs and unread history are shown', async () => {
    await know(
      [
        NEWEST,
        { from: '2026-10-01Z', to: '2026-10-20Z', readAgo: '1 hour', quarantined: 3 },
        { from: '2026-08-01Z', to: '2026-09-01Z', readAgo: '22 days' },
        { from: '2026-07-01Z', to: '2026-08-01Z', readAgo: '20 days' },
      ],
      false,
    );
    expect(await spansOf('rewards')).toEqual([
      '… 2026-07-01 missing',
      '2026-07-01 2026-08-01 certified',
      '2026-08-01 2026-09-01 stale',
      '2026-09-01 2026-10-01 missing',
      '2026-10-01 2026-10-20 certified except 3',
      `2026-10-20 ${today} certified`,
    ]);
  });

  test('P11 a day in doubt is not certified, however old its proof', async () => {
    await know([
      NEWEST,
      { from: '2026-10-04Z', to: '2026-10-20Z', readAgo: '1 hour', quarantined: 1 },
      { from: '2026-10-03Z', to: '2026-10-04Z', readAgo: '22 days', quarantined: 1, inDoubt: 2 },
    ]);
    expect(await spansOf('earnings')).toEqual([
      '2026-10-03 2026-10-04 in doubt 2',
      '2026-10-04 2026-10-20 certified except 1',
      `2026-10-20 ${today} certified`,
    ]);
  });

  test('a newest window not read for three intervals is stale', async () => {
    await know([{ ...NEWEST, readAgo: '4 hours' }]);
    expect((await spansOf('earnings'))[0]).toMatch(/ stale$/);
  });

  test('a list that was never read is missing, not empty', async () => {
    await know([NEWEST], true, ['earnings']);
    expect(await spansOf('rewards')).toEqual(['… … missing']);
  });
});

describe('closing a month', () => {
  const OCTOBER = findMonth('2026-10')!;
  const OPTIONS = { note: null, force: false };
  const refusalOf = async (month = OCTOBER): Promise<string> => {
    const result = await closeMonth(sql, month, OPTIONS);
    return result.outcome === 'refused' ? result.reasons.join('\n') : 'closed';
  };
  const October = { from: '2026-10-01Z', to: '2026-11-01Z' };

  test('is refused before the month is over', async () => {
    await know([NEWEST]);
    expect(await refusalOf(findMonth('2999-01')!)).toBe('2999-01 is not over yet (UTC).');
  });

  test('is refused, by name, if a list was never read', async () => {
    await know([NEWEST], true, ['earnings']);
    expect(await refusalOf()).toContain('rewards of farm 1');
  });

  test('is refused if the month was not read after its end', async () => {
    await know([{ from: '2026-09-01Z', to: 'infinity', readAgo: `${daysSince('2026-10-31')} days` }]);
    expect(await refusalOf()).toContain('earnings of farm 1');
  });

  test('is refused if a part of the month was not read', async () => {
    await know([
      { from: '2026-10-10Z', to: 'infinity', readAgo: '1 minute' },
      { from: '2026-10-05Z', to: '2026-10-10Z', readAgo: null },
      { from: '2026-09-05Z', to: '2026-10-05Z', readAgo: '1 day' },
    ]);
    expect(await refusalOf()).toContain('have not been read completely since 2026-10 ended');
  });

  test('is refused until its quarantined rows are accepted', async () => {
    await know([{ ...October, to: 'infinity', readAgo: '1 minute', quarantined: 1 }]);
    await sql`
      INSERT INTO sync.quarantined_rows (stream, puid, algo, window_from, window_to, raw, raw_hash, reason)
      VALUES ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', '2026-10-01Z', '2026-11-01Z', '{}', 'x', 'odd')`;
    expect(await refusalOf()).toContain('have 1 row in quarantine');
    await sql`UPDATE sync.quarantined_rows SET accepted_at = now()`;
    expect(await refusalOf()).toBe('closed');
    await reopenMonth(sql, OCTOBER, { note: null });
  });

  test('P11 is refused only for the month with days in doubt', async () => {
    await know([
      { from: '2026-10-04Z', to: 'infinity', readAgo: '1 minute' },
      { from: '2026-10-03Z', to: '2026-10-04Z', readAgo: '1 minute', quarantined: 1, inDoubt: 1 },
      { from: '2026-10-01Z', to: '2026-10-03Z', readAgo: '1 minute', quarantined: 6, inDoubt: 2 },
      { from: '2026-08-01Z', to: '2026-10-01Z', readAgo: '1 minute' },
    ]);
    const refusal = await refusalOf();
    for (const stream of ['earnings', 'rewards'])
      expect(refusal).toContain(
        `${stream} of farm 1 (account ${accounts - 1}, SHA256d) have 3 rows in doubt, ` +
          'from 2026-10-01 to 2026-10-02, on 2026-10-03: ',
      );
    expect(refusal.split('\n')).toHaveLength(2);
    expect(await refusalOf(findMonth('2026-09')!)).toBe('closed');
    await reopenMonth(sql, findMonth('2026-09')!, { note: null });
  });

  test('is possible by force, or once the month is proven', async () => {
    await know([{ from: '2018-01-01Z', to: 'infinity', readAgo: null }]);
    expect(await closeMonth(sql, findMonth('2025-01')!, { note: 'known', force: true })).toMatchObject({
      outcome: 'recorded',
      record: { month: '2025-01', action: 'close', note: 'known' },
    });
    await sql`UPDATE sync.windows SET verified_at = now()`;
    expect(await refusalOf(findMonth('2025-02')!)).toBe('closed');
    expect(await refusalOf()).toBe('closed');
    await reopenMonth(sql, OCTOBER, { note: null });
  });

  test('is possible for months after a sub-account was removed', async () => {
    await know([{ from: '2025-01-01Z', to: 'infinity', readAgo: `${daysSince('2025-07-10')} days` }]);
    await sql`UPDATE pool.sub_accounts SET removed_at = '2025-07-15Z' WHERE account_id = ${accountId}`;
    expect(await refusalOf(findMonth('2025-07')!)).toContain('earnings of farm 1');
    expect(await refusalOf(findMonth('2025-08')!)).toBe('closed');
    // A read after it was removed proves its last month, too.
    await sql`UPDATE sync.windows SET verified_at = '2025-07-16Z'`;
    expect(await refusalOf(findMonth('2025-07')!)).toBe('closed');
  });

  test('P11 is refused, except by force, if nothing was read', async () => {
    await sql`UPDATE pool.sub_accounts SET removed_at = '2020-01-01Z' WHERE account_id = ${accountId}`;
    expect(await refusalOf()).toContain(
      `sub-accounts and algorithms of account ${accounts - 1} have not been`,
    );
    await sql`UPDATE pool.accounts SET status = 'duplicate'`;
    expect(await refusalOf()).toBe('Nothing has been synced yet: run kpool sync.');
    expect(await closeMonth(sql, findMonth('2025-03')!, { note: null, force: true })).toMatchObject({
      outcome: 'recorded',
    });
  });

  test('P11 is refused for a month that begins before HISTORY_START', async () => {
    await know([{ from: '2026-06-10Z', to: 'infinity', readAgo: '1 minute' }]);
    const refusal = (readFrom: string, needed: string) =>
      `The income of account ${accounts - 1} has been read only from ${readFrom} on, which is after the start of ` +
      `${needed.slice(0, 7)}: set HISTORY_START to ${needed} and run kpool sync.`;
    expect(await refusalOf(findMonth('2026-06')!)).toBe(refusal('2026-06-10', '2026-06-01'));
    expect(await refusalOf(findMonth('2026-05')!)).toBe(refusal('2026-06-10', '2026-05-01'));
    expect(await refusalOf(findMonth('2026-07')!)).toBe('closed');
  });

  test('P11 is refused if an active algorithm was never read', async () => {
    await know([{ from: '2025-01-01Z', to: 'infinity', readAgo: '1 minute' }]);
    await sql`INSERT INTO pool.algorithms (account_id, algo) VALUES (${accountId}, 'Scrypt')`;
    await sql`
      UPDATE pool.sub_accounts SET removed_at = '2020-01-01Z' WHERE account_id = ${accountId} AND puid <> ${puidOf(accountId, 1)}`;
    const lists = (await refusalOf()).split('\n').map((reason) => reason.slice(0, reason.indexOf(' have')));
    expect(lists).toEqual(
      ['earnings', 'rewards'].map((stream) => `${stream} of farm 1 (account ${accounts - 1}, Scrypt)`),
    );
    await sql`
      INSERT INTO sync.cursors (stream, puid, algo, history_complete)
      SELECT stream, puid, 'Scrypt', true FROM sync.cursors WHERE algo = 'SHA256d'`;
    await sql`
      INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, verified_at)
      SELECT stream, puid, 'Scrypt', from_at, to_at, verified_at FROM sync.windows`;
    expect(await refusalOf()).toBe('closed');
    await reopenMonth(sql, OCTOBER, { note: null });
  });
});

function daysSince(day: string): number {
  return Math.floor((Date.now() - Date.parse(day)) / DAY_MS);
}

describe('freshness', () => {
  const freshnessOf = async (stream: string) =>
    (await readStreamFreshness(sql)).find(
      (row) => row.account === `account ${accounts - 1}` && row.stream === stream,
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
      VALUES ('earnings', ${accountId}, ${puidOf(accountId, 1)}, 'SHA256d', 'test', now(), 'failed', 'The pool is down.')`;
    await sql`
      INSERT INTO sync.quarantined_rows (stream, puid, algo, raw, raw_hash, reason, accepted_at)
      VALUES ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', '{}', 'a', 'odd', NULL), ('earnings', ${puidOf(accountId, 1)}, 'SHA256d', '{}', 'b', 'odd', now())`;
    await sql`
      INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status)
      VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 'NEW_EARN', 0, 1, 'HELD')`;
    const rows = await sql`
      SELECT stream, failing_scopes::int AS failing, last_error, open_quarantine::int AS quarantined, unknown_values
        FROM report.data_freshness WHERE account_id = ${accountId} AND stream IN ('earnings', 'rewards') ORDER BY stream`;
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
