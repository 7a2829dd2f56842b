import fc from 'fast-check';
import { findDecimal } from '../../../src/core/decimal';
import { findHashUnitPower, toHps } from '../../../src/kucoin/hash-unit';

test.each([
  ['H', 0],
  ['h', 0],
  ['H/s', 0],
  ['KH', 3],
  ['k', 3],
  ['MH/s', 6],
  ['Gh', 9],
  ['T', 12],
  ['TH', 12],
  ['th/S', 12],
  ['T/s', 12],
  ['PH', 15],
  ['EH', 18],
  ['zh', 21],
])('%s is 10^%i H/s', (unit, power) => {
  expect(findHashUnitPower(unit)).toBe(power);
});

test.each(['', ' ', '/s', 'HH', 'Sol', 'Sol/s', 'G graphs', 'YH', 'T H', 'HT', 'constructor'])(
  '%j is an unknown unit',
  (unit) => {
    expect(findHashUnitPower(unit)).toBeNull();
  },
);

test('P1 a rate of any length moves its point and keeps its digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.nat(30), (digits, decimals) => {
      const rate = findDecimal(`${digits}e-${decimals}`)!;
      expect(toHps(rate, 'TH')).toBe(findDecimal(`${digits}e${12 - decimals}`));
    }),
  );
});

test('a rate without a unit has no value', () => {
  expect(toHps(findDecimal('5'), null)).toBeNull();
  expect(toHps(null, 'H')).toBeNull();
});
