import fc from 'fast-check';
import type { DecimalText } from '../../src/core/decimal';
import type { IncomeRow } from '../../src/domain/income';
import {
  contentOf,
  ledgerKeyOf,
  matchLedger,
  type LedgerChanges,
  type LedgerRow,
} from '../../src/domain/ledger/ledger-matching';

const COMPLETE = { isComplete: true };
const PARTIAL = { isComplete: false };

/** Few values, so that many rows share their key, their amount, or both. */
const income: fc.Arbitrary<IncomeRow> = fc.record({
  currency: fc.constantFrom('BTC', 'LTC'),
  type: fc.constantFrom('REWARD_EARN', 'FEE_RATE_EARN'),
  minedAtMs: fc.constantFrom(1_000, 2_000),
  amount: fc.constantFrom('-1', '0', '0.5', '0.50000001', '10').map((text) => text as DecimalText),
  hashRateHps: fc.constantFrom(null, '7' as DecimalText),
  hashUnit: fc.constantFrom(null, 'H'),
  rejectRate: fc.constant(null),
  status: fc.constantFrom('WAIT_SETTLE', 'SETTLED'),
  settledAtMs: fc.constantFrom(null, 5_000),
  extra: fc.constantFrom(null, '{"a": 1}'),
});
const served = fc.array(income, { maxLength: 12 });
/** The lists that the pool served one after the other. */
const history = fc.array(served, { minLength: 1, maxLength: 5 });

/** The ledger after a commit, as the store writes it. */
function apply(stored: readonly LedgerRow[], changes: LedgerChanges, withdraws = true): LedgerRow[] {
  const after = new Map(stored.map((row) => [ledgerKeyOf(row), row]));
  for (const row of changes.updated) {
    expect(after.has(ledgerKeyOf(row))).toBe(true);
    after.set(ledgerKeyOf(row), row);
  }
  for (const row of changes.inserted) {
    expect(after.has(ledgerKeyOf(row))).toBe(false);
    after.set(ledgerKeyOf(row), row);
  }
  if (withdraws) for (const row of changes.missing) after.set(ledgerKeyOf(row), { ...row, withdrawn: true });
  return [...after.values()];
}

function ledgerAfter(times: readonly (readonly IncomeRow[])[]): LedgerRow[] {
  return times.reduce<LedgerRow[]>((stored, rows) => apply(stored, matchLedger(stored, rows, COMPLETE)), []);
}

const textOf = (row: IncomeRow): string => JSON.stringify([contentOf(row), row.extra]);
const textsOf = (rows: readonly IncomeRow[]): string[] => rows.map(textOf).sort();
const liveOf = (rows: readonly LedgerRow[]): LedgerRow[] => rows.filter((row) => !row.withdrawn);
const groupOf = (row: IncomeRow): string => JSON.stringify([row.currency, row.type, row.minedAtMs]);

function commonCount(a: readonly string[], b: readonly string[]): number {
  const left = [...b];
  return a.filter((text) => {
    const at = left.indexOf(text);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

function sorted(changes: LedgerChanges): unknown {
  const lines = (rows: readonly LedgerRow[]): string[] =>
    rows.map((row) => `${ledgerKeyOf(row)} ${textOf(row)} ${row.withdrawn}`).sort();
  const { inserted, updated, missing, unchanged } = changes;
  return [lines(inserted), lines(updated), lines(missing), unchanged];
}

test('P2 the live rows become exactly the served ones', () => {
  fc.assert(
    fc.property(history, (times) => {
      const stored = ledgerAfter(times);
      expect(textsOf(liveOf(stored))).toEqual(textsOf(times.at(-1) ?? []));
    }),
  );
});

test('P3 rows that were served before change nothing', () => {
  fc.assert(
    fc.property(history, (times) => {
      const rows = times.at(-1) ?? [];
      const changes = matchLedger(ledgerAfter(times), rows, COMPLETE);
      expect(sorted(changes)).toEqual([[], [], [], rows.length]);
    }),
  );
});

test('the order of served or stored rows does not matter', () => {
  const shuffled = fc.tuple(history, served).chain(([times, rows]) => {
    const stored = ledgerAfter(times);
    return fc.tuple(
      fc.constant({ stored, rows }),
      fc.shuffledSubarray(rows, { minLength: rows.length }),
      fc.shuffledSubarray(stored, { minLength: stored.length }),
      fc.boolean(),
    );
  });
  fc.assert(
    fc.property(shuffled, ([{ stored, rows }, otherRows, otherStored, isComplete]) => {
      expect(sorted(matchLedger(otherStored, otherRows, { isComplete }))).toEqual(
        sorted(matchLedger(stored, rows, { isComplete })),
      );
    }),
  );
});

test('ordinals count the rows of a key from 0, each used once', () => {
  fc.assert(
    fc.property(history, (times) => {
      const ordinals = new Map<string, number[]>();
      for (const row of ledgerAfter(times)) {
        ordinals.set(groupOf(row), [...(ordinals.get(groupOf(row)) ?? []), row.ordinal]);
      }
      for (const numbers of ordinals.values()) {
        expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
      }
    }),
  );
});

test('a row served as it is stored is not written', () => {
  fc.assert(
    fc.property(history, served, (times, rows) => {
      const stored = ledgerAfter(times);
      const changes = matchLedger(stored, rows, COMPLETE);
      expect(changes.unchanged).toBe(commonCount(textsOf(liveOf(stored)), textsOf(rows)));
      const gone = new Set(changes.missing.map(groupOf));
      expect(changes.inserted.filter((row) => gone.has(groupOf(row)))).toEqual([]);
    }),
  );
});

test('a row that settles with its amount keeps its ordinal', () => {
  const pending = fc
    .array(income, { minLength: 1, maxLength: 6 })
    .map((rows) => rows.map((row) => ({ ...row, status: 'WAIT_SETTLE', settledAtMs: null })));
  fc.assert(
    fc.property(pending, (rows) => {
      const stored = ledgerAfter([rows]);
      const settled = rows.map((row) => ({ ...row, status: 'SETTLED', settledAtMs: 5_000 }));
      const changes = matchLedger(stored, settled, COMPLETE);
      expect([changes.inserted, changes.missing, changes.updated.length]).toEqual([[], [], rows.length]);
      const before = new Map(stored.map((row) => [ledgerKeyOf(row), row.amount]));
      for (const row of changes.updated) expect(row.amount).toBe(before.get(ledgerKeyOf(row)));
    }),
  );
});

test('P4 a row that is served again is restored, not added', () => {
  fc.assert(
    fc.property(served, (rows) => {
      const stored = ledgerAfter([rows, []]);
      const changes = matchLedger(stored, rows, COMPLETE);
      expect([changes.inserted, changes.missing, changes.updated.length]).toEqual([[], [], rows.length]);
    }),
  );
});

test('P4 a partial read of known rows changes none', () => {
  const parts = history.chain((times) =>
    fc.tuple(fc.constant(times), fc.shuffledSubarray([...(times.at(-1) ?? [])])),
  );
  fc.assert(
    fc.property(parts, ([times, part]) => {
      const changes = matchLedger(ledgerAfter(times), part, PARTIAL);
      expect([changes.inserted, changes.updated, changes.unchanged]).toEqual([[], [], part.length]);
    }),
  );
});

test('P2 a partial read before a complete one leaves no trace', () => {
  const parts = served.chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows)));
  fc.assert(
    fc.property(history, parts, (times, [rows, part]) => {
      const stored = ledgerAfter(times);
      const between = apply(stored, matchLedger(stored, part, PARTIAL), false);
      const after = apply(between, matchLedger(between, rows, COMPLETE));
      expect(textsOf(liveOf(after))).toEqual(textsOf(rows));
    }),
  );
});
