/** What if a writer dies at any moment, or several write at once? */
import { DAY_MS } from '../../../src/core/day';
import { type LabScope, useLedgerLab, VERIFY, YESTERDAY } from '../../support/ledger-lab';
import type { LedgerStore } from '../../../src/sync/ports/ledger-ports';

const lab = useLedgerLab();

async function scopeOf(count: number): Promise<LabScope> {
  const labScope = await lab.newScope('earnings');
  lab.simulator.world.insertMany(
    'earnings',
    labScope.key,
    Array.from({ length: count }, (_, i) => ({
      currency: 'BTC',
      minedAtMs: YESTERDAY - i * DAY_MS,
      amount: `0.${i + 1}3`,
    })),
  );
  return labScope;
}

/** How many rows a scope has, and how many its windows count. */
async function progressOf(labScope: LabScope): Promise<{ rows: number; counted: number }> {
  const puid = String(labScope.scope.puid);
  const [progress] = await lab.sql<{ rows: number; counted: number }[]>`
    SELECT (SELECT count(*)::int FROM pool.earnings WHERE puid = ${puid}) AS rows,
           (SELECT coalesce(sum(row_count), 0)::int FROM sync.windows
             WHERE puid = ${puid} AND verified_at IS NOT NULL) AS counted`;
  return progress ?? { rows: -1, counted: -2 };
}

/** A store that throws before or after its nth commit, as if the process were killed there. */
function dyingStore(dieAt: number, moment: 'before' | 'after') {
  let commits = 0;
  return (store: LedgerStore): LedgerStore => ({
    load: (scope) => store.load(scope),
    update: (...change) => store.update(...change),
    commitWindow: async (commit) => {
      commits += 1;
      if (commits === dieAt && moment === 'before') throw new Error('killed');
      const result = await store.commitWindow(commit);
      if (commits === dieAt) throw new Error('killed');
      return result;
    },
  });
}

test.each(['before', 'after'] as const)(
  'P5 P7 a first sync that dies %s a commit can be continued',
  async (moment) => {
    for (let dieAt = 1; dieAt <= 4; dieAt += 1) {
      const labScope = await scopeOf(360);
      const died = await lab.sync(labScope, { store: dyingStore(dieAt, moment) });
      expect(died.outcome).toBe('failed');
      const { rows, counted } = await progressOf(labScope);
      expect(rows).toBe(counted);
      const resumed = await lab.sync(labScope);
      expect(resumed.outcome).toBe('succeeded');
      await lab.expectTruth(labScope);
      const again = await lab.sync(labScope, { request: VERIFY });
      expect([again.totals.inserted, again.totals.changed]).toEqual([0, 0]);
    }
  },
);

test('P7 a sync aborted at any request can be continued', async () => {
  const labScope = await scopeOf(300);
  for (let turn = 1; turn <= 4; turn += 1) {
    const controller = new AbortController();
    let left = turn;
    const stop = lab.simulator.onRequest(() => {
      left -= 1;
      if (left === 0) controller.abort();
    });
    expect((await lab.sync(labScope, { request: VERIFY, signal: controller.signal })).outcome).toBe(
      'aborted',
    );
    stop();
    const { rows, counted } = await progressOf(labScope);
    expect(rows).toBe(counted);
  }
  expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
});

test('P9 an older read that arrives late does not win', async () => {
  const labScope = await scopeOf(5);
  await lab.sync(labScope);
  const [row] = lab.simulator.world.earnings(labScope.key);
  let isFirst = true;
  const lateStore = (store: LedgerStore): LedgerStore => ({
    load: (scope) => store.load(scope),
    update: (...change) => store.update(...change),
    commitWindow: async (commit) => {
      if (isFirst) {
        isFirst = false;
        // Read before the amount changed; another process reads and commits the change first.
        lab.simulator.world.amend(row!, { amount: '7' });
        expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
      }
      return store.commitWindow(commit);
    },
  });
  const late = await lab.sync(labScope, { request: VERIFY, store: lateStore });
  expect([late.outcome, late.totals.changed]).toEqual(['succeeded', 0]);
  await lab.expectTruth(labScope);
  const [revisions] = await lab.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pool.earning_revisions
     WHERE puid = ${String(labScope.scope.puid)} AND mined_at = ${new Date(row!.minedAtMs)}`;
  expect(revisions?.n).toBe(2);
});

test('P9 several writers of one scope store the truth', async () => {
  const labScope = await scopeOf(250);
  const results = await Promise.all([1, 2, 3].map(() => lab.sync(labScope)));
  for (const { outcome, error } of results)
    expect([outcome, error?.code ?? null]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
  expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
});
