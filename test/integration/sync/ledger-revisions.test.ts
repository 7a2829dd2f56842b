/** Which states of a row does the ledger keep? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { SimIncome } from '../../../src/simulator';
import { type LabScope, useLedgerLab, VERIFY, YESTERDAY } from '../../support/ledger-lab';
import { knownAt } from '../../support/ledger-truth';

const lab = useLedgerLab();

async function pendingRow(): Promise<{ labScope: LabScope; row: SimIncome }> {
  const labScope = await lab.newScope('rewards');
  const [row] = lab.simulator.world.insertReward(labScope.key, {
    currency: 'BTC',
    minedAtMs: YESTERDAY + 8 * HOUR_MS,
    amount: '0.5',
    status: 'WAIT_SETTLE',
    hashRate: '100',
    hashUnit: 'H',
  });
  await lab.sync(labScope);
  return { labScope, row: row! };
}

async function read(labScope: LabScope): Promise<void> {
  // The withdrawn row may be the last one of the list.
  const { outcome, reason } = await lab.sync(labScope, { request: { ...VERIFY, acceptEmpty: true } });
  expect([outcome, reason]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
}

/** Changes of a scope's rows in the order in which they became known, with the ordinal of the row. */
async function changesOf(labScope: LabScope): Promise<string[]> {
  const rows = await lab.sql<{ line: string }[]>`
    SELECT ordinal || ' ' || change || ' ' || trim_scale(amount)::text || ' ' || status AS line
      FROM pool.reward_revisions WHERE puid = ${String(labScope.scope.puid)} ORDER BY valid_from, ordinal`;
  return rows.map(({ line }) => line);
}

test.each(['null', 'absent', 'zero', 'time'] as const)(
  'P4 a settled row has two revisions; settle time before: %s',
  async (pendingSettleTime) => {
    Object.assign(lab.simulator.quirks, { pendingSettleTime });
    const { labScope, row } = await pendingRow();
    const [stored] = await lab.sql<{ settled: string | null }[]>`
      SELECT (extract(epoch FROM settled_at) * 1000)::bigint::text AS settled FROM pool.rewards
       WHERE puid = ${String(labScope.scope.puid)}`;
    expect(stored?.settled).toBe(pendingSettleTime === 'time' ? String(row.minedAtMs + DAY_MS) : null);
    lab.simulator.world.settle(row);
    await read(labScope);
    expect(await changesOf(labScope)).toEqual(['0 appeared 0.5 WAIT_SETTLE', '0 settled 0.5 SETTLED']);
    Object.assign(lab.simulator.quirks, { pendingSettleTime: 'null' });
  },
);

test('P4 a changed amount is shown as of each instant', async () => {
  const { labScope, row } = await pendingRow();
  const before = { instant: await lab.now(), truth: lab.truthOf(labScope) };
  lab.simulator.world.amend(row, { amount: '0.49', status: 'SETTLED', settledAtMs: YESTERDAY + DAY_MS });
  await read(labScope);
  const between = { instant: await lab.now(), truth: lab.truthOf(labScope) };
  lab.simulator.world.amend(row, { amount: '0.48' });
  await read(labScope);
  expect(await changesOf(labScope)).toEqual([
    '0 appeared 0.5 WAIT_SETTLE',
    '0 settled 0.49 SETTLED',
    '0 amended 0.48 SETTLED',
  ]);
  for (const { instant, truth } of [before, between]) {
    expect(await knownAt(lab.sql, 'rewards', labScope.scope.puid, instant)).toEqual(truth);
  }
});

test('P4 a vanished row is withdrawn after two reads, and restored', async () => {
  const { labScope, row } = await pendingRow();
  lab.simulator.world.withdraw(row);
  const before = lab.simulator.requests.count();
  await read(labScope);
  expect(lab.simulator.requests.count() - before).toBeGreaterThanOrEqual(2);
  lab.simulator.world.restore(row);
  await read(labScope);
  expect(await changesOf(labScope)).toEqual([
    '0 appeared 0.5 WAIT_SETTLE',
    '0 withdrawn 0.5 WAIT_SETTLE',
    '0 restored 0.5 WAIT_SETTLE',
  ]);
});

test('rows with one key keep their ordinals while one changes', async () => {
  const labScope = await lab.newScope('rewards');
  const { world } = lab.simulator;
  const bonus = { currency: 'BTC', minedAtMs: YESTERDAY, amount: '1' };
  const twins = world.insertReward(labScope.key, bonus, 3);
  const [other] = world.insertReward(labScope.key, { ...bonus, amount: '2' });
  await lab.sync(labScope);
  const ordinals = async () =>
    lab.sql<
      { ordinal: number; amount: string; gone: boolean }[]
    >`SELECT ordinal, trim_scale(amount)::text AS amount, withdrawn_at IS NOT NULL AS gone
              FROM pool.rewards WHERE puid = ${String(labScope.scope.puid)} ORDER BY ordinal`;
  const first = await ordinals();
  world.amend(other!, { amount: '2.5' });
  await read(labScope);
  expect(await ordinals()).toEqual(
    first.map((row) => (row.amount === '2' ? { ...row, amount: '2.5' } : row)),
  );
  world.withdraw(twins[1]!);
  await read(labScope);
  expect((await ordinals()).filter((row) => row.gone)).toHaveLength(1);
  world.restore(twins[1]!);
  world.insertReward(labScope.key, bonus);
  await read(labScope);
  expect((await ordinals()).map((row) => row.ordinal)).toEqual([0, 1, 2, 3, 4]);
});
