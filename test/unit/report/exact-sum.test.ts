import fc from 'fast-check';
import { ExactSum } from '../../../src/core/exact-sum';

/** Units of 10^-18, up to the 20 integer digits of the ledger. */
const units = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });

function toText(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(19, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18)}`;
}

function sumOf(amounts: readonly string[]): string {
  const sum = new ExactSum();
  amounts.forEach((amount) => sum.add(amount));
  return sum.toText();
}

test('P1 a sum of amounts loses no digit', () => {
  fc.assert(
    fc.property(fc.array(units, { maxLength: 20 }), (values) => {
      const total = values.reduce((sum, value) => sum + value, 0n);
      expect(sumOf([sumOf(values.map(toText))])).toBe(sumOf([toText(total)]));
      expect(BigInt(toText(total).replace('.', ''))).toBe(total);
    }),
  );
});

test('P1 sums are written as the database writes them', () => {
  expect(sumOf([])).toBe('0');
  expect(sumOf(['0.1', '0.2'])).toBe('0.3');
  expect(sumOf(['0.000000000000000001', '-0.000000000000000001'])).toBe('0');
  expect(sumOf(['99999999999999999999.999999999999999999', '-0.5'])).toBe(
    '99999999999999999999.499999999999999999',
  );
  expect(sumOf(['-1', '0.5'])).toBe('-0.5');
  expect(sumOf(['100', '20'])).toBe('120');
});

test('P1 a sum refuses what is not an exact amount', () => {
  for (const text of ['', '1e3', '0.0000000000000000001', 'NaN', ' 1', '1.']) {
    expect(() => sumOf([text])).toThrow(/amount/);
  }
});
