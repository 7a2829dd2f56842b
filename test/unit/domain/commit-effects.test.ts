import fc from 'fast-check';
import { decideCommit, type CommitEffects } from '../../../src/domain/ledger/commit-effects';
import type { WindowCommit } from '../../../src/domain/ledger/ledger-commit';
import type { LedgerState } from '../../../src/domain/ledger/ledger-state';
import { ledgerKeyOf, matchLedger, type LedgerRow } from '../../../src/domain/ledger/ledger-matching';
import {
  listWindowsAfter,
  replaceWindows,
  unreadRecordOf,
} from '../../../src/domain/ledger/window-replacement';
import { contains, type StoredWindow, type Window } from '../../../src/domain/ledger/windows';
import { daysAgo, MemoryLab, MemoryPool, rowOf } from '../../support/memory-ledger';

const WINDOW = { fromMs: daysAgo(40), toMs: Infinity };
const UNREADABLE = { raw: '{}', reason: 'broken' };

const storedRow = (days: number, more: Partial<LedgerRow> = {}): LedgerRow => ({
  ...rowOf(days),
  ordinal: 0,
  withdrawn: false,
  unserved: false,
  ...more,
});

function commitOf(more: Partial<WindowCommit>): WindowCommit {
  const state: LedgerState = new MemoryLab(new MemoryPool([])).ledger.state;
  return {
    scope: { stream: 'earnings' } as WindowCommit['scope'],
    runId: 1n,
    state,
    historyStartMs: 0,
    requests: 1,
    window: WINDOW,
    rows: [],
    unreadable: [],
    isComplete: true,
    confirmed: new Map(),
    pieces: [{ ...WINDOW, verified: true }],
    ...more,
  };
}

function decide(stored: readonly LedgerRow[], commit: WindowCommit, oldestServedMs = Infinity) {
  const changes = matchLedger(stored, commit.rows, { isComplete: commit.isComplete });
  return decideCommit(commit, changes, { missing: changes.missing, oldestServedMs });
}

function decided(...args: Parameters<typeof decide>): CommitEffects {
  const effects = decide(...args);
  if (effects.outcome !== 'decided') throw new Error('A confirmation read has to agree.');
  return effects;
}

describe('a row that a complete read does not serve', () => {
  const vanished = storedRow(20);

  test('P4 stays until a confirmation read agrees', () => {
    expect(decide([vanished], commitOf({ rows: [rowOf(10)] }), 7)).toEqual({
      outcome: 'unconfirmed',
      missing: [vanished],
      oldestServedMs: 7,
    });
  });

  test.each(['withdrawn', 'unserved'] as const)('P4 is %s if the confirmation says so', (verdict) => {
    const confirmed = new Map([[ledgerKeyOf(vanished), verdict]]);
    const { updated, counts, isCertified } = decided([vanished], commitOf({ confirmed }));
    expect(isCertified).toBe(true);
    expect(updated).toEqual([
      { ...vanished, withdrawn: verdict === 'withdrawn', unserved: verdict === 'unserved' },
    ]);
    expect(counts.withdrawn).toBe(verdict === 'withdrawn' ? 1 : 0);
  });

  test('stays, in doubt, if another row cannot be read', () => {
    const { updated, windows, counts } = decided([vanished], commitOf({ unreadable: [UNREADABLE] }));
    expect([updated, counts.inDoubt]).toEqual([[], 1]);
    expect(windows.records).toMatchObject([{ inDoubtCount: 1, quarantinedCount: 1, rowCount: 0 }]);
  });

  test('stays unserved while it is older than all served rows', () => {
    const old = storedRow(30, { unserved: true });
    const commit = commitOf({ rows: [rowOf(20)] });
    expect(decided([old], commit).updated).toEqual([]);
    expect(decide([old], commit, daysAgo(39)).outcome).toBe('unconfirmed');
    expect(decide([old], commitOf({ rows: [rowOf(30, { amount: '2' })] })).outcome).toBe('decided');
    expect(decide([old], commitOf({ rows: [rowOf(30, { currency: 'LTC' })] })).outcome).toBe('unconfirmed');
  });

  test('stays if the read is incomplete', () => {
    const { updated, isCertified } = decided([vanished], commitOf({ isComplete: false }));
    expect([updated, isCertified]).toEqual([[], false]);
  });
});

test('unserved rows keep their last certificate', () => {
  const old = storedRow(30, { unserved: true });
  expect(decided([old], commitOf({})).isCertified).toBe(false);
  expect(decided([], commitOf({})).isCertified).toBe(true);
  expect(decided([old], commitOf({ rows: [rowOf(20)] })).isCertified).toBe(true);
});

test('P4 a named coin does not count as the list’s newest row', () => {
  const newestOf = (more: Partial<WindowCommit>) => decided([], commitOf(more)).newestMinedAtMs;
  const rows = [rowOf(20), rowOf(10), rowOf(30)];
  expect(newestOf({ rows })).toBe(daysAgo(10));
  expect(newestOf({ rows: [] })).toBeNull();
  // The rows of a coin that was asked for by name do not show whether the list is empty.
  expect(newestOf({ rows, coin: { currency: 'BTC', completesHistory: true } })).toBeNull();
});

test('P11 each piece of a window counts its own rows', () => {
  const middle = daysAgo(25);
  const pieces = [
    { fromMs: middle, toMs: Infinity, verified: true },
    { fromMs: WINDOW.fromMs, toMs: middle, verified: true },
  ];
  const rows = [rowOf(10), rowOf(11, { status: 'WAIT_SETTLE' }), rowOf(30, { status: 'FROZEN' })];
  const commit = commitOf({ rows, pieces, unreadable: [UNREADABLE] });
  expect(decided([storedRow(20), storedRow(29), storedRow(31)], commit).windows.records).toMatchObject([
    { rowCount: 2, pendingCount: 1, inDoubtCount: 1 },
    { rowCount: 1, pendingCount: 1, inDoubtCount: 2 },
  ]);
});

test('P4 a read with an unreadable row can certify', () => {
  const old = storedRow(30, { unserved: true });
  expect(decided([old], commitOf({ rows: [rowOf(20)], unreadable: [UNREADABLE] })).isCertified).toBe(true);
  // The unserved row beside a vanished one keeps its state.
  const confirmed = new Map([[ledgerKeyOf(storedRow(10)), 'withdrawn' as const]]);
  const { updated, isCertified } = decided([old, storedRow(10)], commitOf({ confirmed }));
  expect([updated, isCertified]).toEqual([[{ ...storedRow(10), withdrawn: true }], false]);
});

test('windows whose start no new window covers are deleted', () => {
  const [older, newer]: Window[] = [
    { fromMs: 0, toMs: 10 },
    { fromMs: 10, toMs: 20 },
  ];
  const stored = listWindowsAfter(
    { records: [older!, newer!].map(unreadRecordOf), gone: [], untouched: [] },
    0,
  );
  expect(replaceWindows(stored, [unreadRecordOf({ fromMs: 0, toMs: 20 })]).gone).toMatchObject([newer!]);
  expect(replaceWindows(stored, [unreadRecordOf({ fromMs: 10, toMs: 15 })]).gone).toEqual([]);
  expect(replaceWindows(stored, [unreadRecordOf({ fromMs: 5, toMs: 15 })]).gone).toMatchObject([newer!]);
});

test('replaced windows cover the same days, each once', () => {
  const window = fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }))
    .map(([from, length]): Window => ({ fromMs: from, toMs: from + length }));
  const apart = (windows: readonly Window[]): Window[] =>
    windows.filter((one, i) =>
      windows.slice(0, i).every((other) => one.fromMs >= other.toMs || other.fromMs >= one.toMs),
    );
  fc.assert(
    fc.property(fc.array(window), fc.array(window), (before, read) => {
      const stored = listWindowsAfter(
        { records: apart(before).map(unreadRecordOf), gone: [], untouched: [] },
        0,
      );
      const taken = apart(read);
      const after: StoredWindow[] = listWindowsAfter(replaceWindows(stored, taken.map(unreadRecordOf)), 0);
      for (let at = 0; at < 41; at += 1) {
        const isCovered = [...stored, ...taken].some((one) => contains(one, at));
        expect(after.filter((one) => contains(one, at))).toHaveLength(isCovered ? 1 : 0);
      }
      expect(after).toEqual(
        expect.arrayContaining(
          taken.map(({ fromMs, toMs }) => expect.objectContaining({ fromMs, toMs }) as object),
        ),
      );
    }),
  );
});
