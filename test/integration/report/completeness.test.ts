import { readCompleteness } from '../../../src/report/demo-overview';
import { NEWEST, useReadState } from './read-state';

const state = useReadState();
const { know, sql } = state;

async function spansOf(stream: string): Promise<string[]> {
  const spans = await readCompleteness(sql);
  const text = await sql<{ span: string }[]>`
    SELECT concat_ws(' ', coalesce(from_at::date::text, '…'), coalesce(to_at::date::text, '…'), state) AS span
      FROM report.completeness WHERE account_id = ${state.account.id} AND stream = ${stream} ORDER BY from_at NULLS FIRST`;
  expect(spans.length).toBeGreaterThan(0);
  return text.map(({ span }) => span);
}

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
