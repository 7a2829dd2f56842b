import { Client } from 'pg';
import { DAY_MS } from '../../../src/core/day';
import { type LabScope, type LabSync, useLedgerLab, YESTERDAY } from '../../support/ledger-lab';
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

/** The number of statements that reach the database during each call of the store, by the name of the call. */
async function statementsOf(labScope: LabScope, options: LabSync = {}) {
  const sent = jest.spyOn(Client.prototype, 'query');
  const calls: [name: string, statements: number][] = [];
  const counted = async <Result>(name: string, call: Promise<Result>, before: number): Promise<Result> => {
    const result = await call;
    calls.push([name, sent.mock.calls.length - before]);
    return result;
  };
  const store = (inner: LedgerStore): LedgerStore => ({
    load: (scope) => counted('load', inner.load(scope), sent.mock.calls.length),
    update: (...change) => counted('update', inner.update(...change), sent.mock.calls.length),
    commitWindow: (commit) => counted('commit', inner.commitWindow(commit), sent.mock.calls.length),
  });
  const result = await lab.sync(labScope, { ...options, store });
  sent.mockRestore();
  expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
  return calls;
}

test('a new window commits in six statements', async () => {
  const calls = await statementsOf(await scopeOf(250));
  const commits = calls.filter(([name]) => name === 'commit').map(([, statements]) => statements);
  // BEGIN, lock the cursor, read the rows, insert, record windows, certificate and cursor, COMMIT.
  expect(commits).toHaveLength(3);
  expect(Math.max(...commits)).toBeLessThanOrEqual(6);
});

test('P3 an unchanged scope takes at most eight statements', async () => {
  const labScope = await scopeOf(90);
  await lab.sync(labScope);
  const calls = await statementsOf(labScope);
  expect(calls.reduce((sum, [, statements]) => sum + statements, 0)).toBeLessThanOrEqual(8);
});
