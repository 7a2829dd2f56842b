import type { IncomeRow } from '../../../src/domain/income';
import { matchLedger, type LedgerRow } from '../../../src/domain/ledger/ledger-matching';
import { rowOf } from '../../support/memory-ledger';

/** All rows share a key but for the ordinal. */
const at = (amount: string, more: Partial<Omit<IncomeRow, 'amount'>> = {}): IncomeRow =>
  rowOf(1, { amount, status: 'WAIT_SETTLE', ...more });
const known = (ordinal: number, row: IncomeRow, more: Partial<LedgerRow> = {}): LedgerRow => ({
  ...row,
  ordinal,
  withdrawn: false,
  unserved: false,
  ...more,
});
const settled = { status: 'SETTLED' };

/** The changes of stored rows, by ordinal. */
function match(stored: readonly LedgerRow[], served: readonly IncomeRow[], isComplete = true) {
  const { inserted, updated, missing, unchanged } = matchLedger(stored, served, { isComplete });
  const said = (rows: readonly LedgerRow[]): string[] =>
    rows.map(({ ordinal, amount, status }) => `${ordinal}: ${amount} ${status}`).sort();
  return { inserted: said(inserted), updated: said(updated), missing: said(missing), unchanged };
}

test('P3 equal rows keep the unknown fields of each', () => {
  const [one, two] = [at('1', { extra: '{"a": 1}' }), at('1', { extra: '{"a": 2}' })];
  expect(match([known(0, two), known(1, one)], [one, two])).toMatchObject({ unchanged: 2, updated: [] });
});

test('P4 the row that looks as before is the one that stayed', () => {
  // By amount alone, the pending row (ordinal 0) would settle and the settled one would be missing.
  const another = at('1', { ...settled, extra: '{"a": 1}' });
  expect(match([known(0, at('1')), known(1, at('1', settled))], [another]).missing).toEqual([
    '0: 1 WAIT_SETTLE',
  ]);
  const stored = [known(0, at('1')), known(1, at('1', settled))];
  expect(match(stored, [at('1', settled)])).toEqual({
    inserted: [],
    updated: [],
    missing: ['0: 1 WAIT_SETTLE'],
    unchanged: 1,
  });
});

test('P4 a withdrawn row that is served again is restored', () => {
  const stored = [known(0, at('1')), known(1, at('2'), { withdrawn: true })];
  expect(match(stored, [at('2')])).toMatchObject({
    updated: ['1: 2 WAIT_SETTLE'],
    missing: ['0: 1 WAIT_SETTLE'],
  });
});

test('P4 a live row is preferred to its withdrawn equal', () => {
  const stored = [known(0, at('1'), { withdrawn: true }), known(1, at('1'))];
  expect(match(stored, [at('1')])).toMatchObject({ updated: [], missing: [], unchanged: 1 });
});

test('P3 a row that settles keeps its amount beside new rows', () => {
  const stored = [known(0, at('1')), known(1, at('2'))];
  expect(match(stored, [at('2', settled), at('3', settled)]).updated).toEqual([
    '0: 3 SETTLED',
    '1: 2 SETTLED',
  ]);
});

test('P3 changed rows are paired by the order of their amounts', () => {
  const stored = [known(0, at('10')), known(1, at('9')), known(2, at('8'), { withdrawn: true })];
  expect(match(stored, [at('10.5'), at('9.5')]).updated).toEqual([
    '0: 10.5 WAIT_SETTLE',
    '1: 9.5 WAIT_SETTLE',
  ]);
  const equal = [known(1, at('9')), known(0, at('9'))];
  expect(match(equal, [at('7')])).toMatchObject({
    updated: ['0: 7 WAIT_SETTLE'],
    missing: ['1: 9 WAIT_SETTLE'],
  });
});

test('P3 of two equal rows the last one is missing', () => {
  const stored = [known(1, at('1')), known(0, at('1'))];
  expect(match(stored, [at('1')])).toMatchObject({ missing: ['1: 1 WAIT_SETTLE'], unchanged: 1 });
});

test('P4 an incomplete read leaves ambiguous rows unchanged', () => {
  const stored = [known(0, at('1')), known(1, at('2')), known(2, at('3'), { withdrawn: true })];
  // The served row may be either of the two, or neither.
  expect(match(stored, [at('1.5')], false)).toMatchObject({ inserted: [], updated: [], unchanged: 0 });
  // As many rows as are live, so each can be paired.
  expect(match(stored, [at('1.5'), at('2')], false)).toEqual({
    inserted: [],
    updated: ['0: 1.5 WAIT_SETTLE'],
    missing: [],
    unchanged: 1,
  });
  expect(match(stored, [at('1'), at('2'), at('4')], false)).toMatchObject({
    inserted: ['3: 4 WAIT_SETTLE'],
    unchanged: 2,
  });
  // A complete read pairs it by amount.
  expect(match(stored, [at('1.5')])).toMatchObject({ updated: ['0: 1.5 WAIT_SETTLE'] });
});
