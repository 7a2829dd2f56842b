import { DAY_MS } from '../../../src/core/day';
import { closeMonth, reopenMonth } from '../../../src/report/months/closes';
import { findMonth } from '../../../src/report/months/month';
import { puidOf } from './ledger-history';
import { NEWEST, useReadState } from './read-state';

const state = useReadState();
const { know, sql } = state;

function daysSince(day: string): number {
  return Math.floor((Date.now() - Date.parse(day)) / DAY_MS);
}

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
      VALUES ('earnings', ${puidOf(state.account.id, 1)}, 'SHA256d', '2026-10-01Z', '2026-11-01Z', '{}', 'x', 'odd')`;
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
        `${stream} of farm 1 (${state.account.name}, SHA256d) have 3 rows in doubt, ` +
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
    await sql`UPDATE pool.sub_accounts SET removed_at = '2025-07-15Z' WHERE account_id = ${state.account.id}`;
    expect(await refusalOf(findMonth('2025-07')!)).toContain('earnings of farm 1');
    expect(await refusalOf(findMonth('2025-08')!)).toBe('closed');
    // A read after it was removed proves its last month, too.
    await sql`UPDATE sync.windows SET verified_at = '2025-07-16Z'`;
    expect(await refusalOf(findMonth('2025-07')!)).toBe('closed');
  });

  test('P11 is refused, except by force, if nothing was read', async () => {
    await sql`UPDATE pool.sub_accounts SET removed_at = '2020-01-01Z' WHERE account_id = ${state.account.id}`;
    expect(await refusalOf()).toContain(`sub-accounts and algorithms of ${state.account.name} have not been`);
    await sql`UPDATE pool.accounts SET status = 'duplicate'`;
    expect(await refusalOf()).toBe('Nothing has been synced yet: run kpool sync.');
    expect(await closeMonth(sql, findMonth('2025-03')!, { note: null, force: true })).toMatchObject({
      outcome: 'recorded',
    });
  });

  test('P11 is refused for a month that begins before HISTORY_START', async () => {
    await know([{ from: '2026-06-10Z', to: 'infinity', readAgo: '1 minute' }]);
    const refusal = (readFrom: string, needed: string) =>
      `The income of ${state.account.name} has been read only from ${readFrom} on, which is after the start of ` +
      `${needed.slice(0, 7)}: set HISTORY_START to ${needed} and run kpool sync.`;
    expect(await refusalOf(findMonth('2026-06')!)).toBe(refusal('2026-06-10', '2026-06-01'));
    expect(await refusalOf(findMonth('2026-05')!)).toBe(refusal('2026-06-10', '2026-05-01'));
    expect(await refusalOf(findMonth('2026-07')!)).toBe('closed');
  });

  test('P11 is refused if an active algorithm was never read', async () => {
    await know([{ from: '2025-01-01Z', to: 'infinity', readAgo: '1 minute' }]);
    await sql`INSERT INTO pool.algorithms (account_id, algo) VALUES (${state.account.id}, 'Scrypt')`;
    await sql`
      UPDATE pool.sub_accounts SET removed_at = '2020-01-01Z' WHERE account_id = ${state.account.id} AND puid <> ${puidOf(state.account.id, 1)}`;
    const lists = (await refusalOf()).split('\n').map((reason) => reason.slice(0, reason.indexOf(' have')));
    expect(lists).toEqual(
      ['earnings', 'rewards'].map((stream) => `${stream} of farm 1 (${state.account.name}, Scrypt)`),
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
