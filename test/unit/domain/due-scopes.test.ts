import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { chooseDue, type PlannedScope, type ScopePlan } from '../../../src/domain/planning/due-scopes';
import type { AccountId, Puid } from '../../../src/domain/ids';

const NOW_MS = 10 * HOUR_MS;

function scopeOf(stream: string, puid: number | null, nextVisitMs: number): PlannedScope {
  const scope = {
    stream,
    accountId: 1 as AccountId,
    puid: puid === null ? null : (BigInt(puid) as Puid),
    algo: puid === null ? null : 'SHA256d',
  };
  return { scope, pace: 'live', nextVisitMs };
}

const planOf = (...scopes: PlannedScope[]): ScopePlan => ({ scopes, nowMs: NOW_MS });
const dueOf = (
  plan: ScopePlan,
  rules: Partial<Parameters<typeof chooseDue>[1]> = {},
  ...earlier: ScopePlan[]
): (bigint | null)[] => {
  const all = { concurrency: 10, after: null, everyMs: HOUR_MS, ...rules };
  return chooseDue(plan, all, earlier).due.map(({ scope }) => scope.puid);
};

describe('a due stream', () => {
  test('offers its longest due scopes, up to its concurrency', () => {
    const plan = planOf(
      scopeOf('earnings', 1, NOW_MS - 1),
      scopeOf('earnings', 2, NOW_MS + 1),
      scopeOf('earnings', 3, -Infinity),
      scopeOf('earnings', 4, NOW_MS - 5),
    );
    expect(dueOf(plan, { concurrency: 2 })).toEqual([3n, 4n]);
    expect(dueOf(plan)).toEqual([3n, 4n, 1n]);
    expect(chooseDue(plan, { concurrency: 1, after: null, everyMs: HOUR_MS }, []).nextDueMs).toBe(NOW_MS + 1);
  });

  const details = { after: { streams: ['workers'], wait: 'first' } } as const;
  test('waits for an earlier stream’s first visit of the scope', () => {
    const plan = planOf(scopeOf('worker-details', 1, -Infinity), scopeOf('worker-details', 2, -Infinity));
    const workers = planOf(scopeOf('workers', 1, -Infinity), scopeOf('workers', 2, NOW_MS - 1));
    expect(dueOf(plan, details, workers)).toEqual([2n]);
  });

  const totals = { after: { streams: ['earnings'], wait: 'each' } } as const;
  test('waits for every due visit of its account’s ledger', () => {
    const first = planOf(scopeOf('account-income', null, -Infinity));
    expect(dueOf(first, totals, planOf(scopeOf('earnings', 1, -Infinity)))).toEqual([]);
    expect(dueOf(first, totals, planOf(scopeOf('earnings', 1, NOW_MS - 1)))).toEqual([null]);
    const again = planOf(scopeOf('account-income', null, NOW_MS - 1));
    expect(dueOf(again, totals, planOf(scopeOf('earnings', 1, NOW_MS - 1)))).toEqual([]);
    expect(dueOf(again, totals, planOf(scopeOf('earnings', 1, NOW_MS + 1)))).toEqual([null]);
  });

  test('P8 waits no longer than its interval, nor for failures', () => {
    const late = planOf(scopeOf('account-income', null, NOW_MS - HOUR_MS));
    expect(dueOf(late, totals, planOf(scopeOf('earnings', 1, NOW_MS - 1)))).toEqual([null]);
    const first = planOf(scopeOf('account-income', null, -Infinity));
    const failing = planOf(scopeOf('earnings', 1, NOW_MS + 60_000));
    expect(dueOf(first, totals, failing)).toEqual([null]);
  });
});
