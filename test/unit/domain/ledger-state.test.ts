import { DAY_MS } from '../../../src/core/day';
import {
  computeExpectedCount,
  isCountable,
  isFullyRead,
  isUnread,
} from '../../../src/domain/ledger/ledger-state';
import type { StoredWindow } from '../../../src/domain/ledger/windows';
import { daily, daysAgo } from '../../support/memory-ledger';

const windowOf = (from: number, to: number, more: Partial<StoredWindow> = {}): StoredWindow => ({
  fromMs: daysAgo(from),
  toMs: to === 0 ? Infinity : daysAgo(to),
  verifiedAtMs: 1,
  rowCount: 0,
  pendingCount: 0,
  quarantinedCount: 0,
  inDoubtCount: 0,
  ...more,
});

test('the expected count is the sum over the windows', () => {
  const windows = [
    windowOf(30, 0, { rowCount: 20, quarantinedCount: 2 }),
    windowOf(60, 30, { rowCount: 30 }),
    windowOf(90, 60, { rowCount: 40 }),
  ];
  const counted = (from: number, to: number, rows: number, unreadable: number, missing: number): number => {
    const broken = Array.from({ length: unreadable }, () => ({ raw: '{}', reason: 'broken' }));
    return computeExpectedCount(
      { windows },
      windowOf(from, to),
      { rows: daily(rows), unreadable: broken },
      missing,
    );
  };
  // A read of whole windows replaces their counts.
  expect(counted(60, 30, 25, 1, 5)).toBe(62 + 26);
  expect(counted(90, 30, 60, 0, 10)).toBe(22 + 60);
  // A read of a part of a window only subtracts the missing rows.
  expect(counted(50, 30, 8, 0, 3)).toBe(89);
  expect(counted(60, 40, 8, 0, 3)).toBe(89);
  expect(counted(50, 0, 8, 0, 3)).toBe(89);
});

test('windows tell an unread scope from a fully read one', () => {
  const unread = windowOf(60, 30, { verifiedAtMs: null });
  const judge = (...windows: StoredWindow[]) => [isUnread({ windows }), isFullyRead({ windows })];
  expect(judge(unread)).toEqual([true, false]);
  expect(judge(windowOf(30, 0), unread)).toEqual([false, false]);
  expect(judge(windowOf(30, 0))).toEqual([false, true]);
});

test('a scope is countable while windows serve all spans', () => {
  expect(isCountable({ paged: false, spanLimitMs: null })).toBe(true);
  expect(isCountable({ paged: true, spanLimitMs: null })).toBe(false);
  expect(isCountable({ paged: false, spanLimitMs: DAY_MS })).toBe(false);
});
