import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { findDecimal, shiftDecimal, type DecimalText } from '../../../src/core/decimal';

const numberText = fc.string({
  unit: fc.constantFrom('0', '0', '1', '9', '5', '.', '-', '+', 'e'),
  maxLength: 8,
});

test('P1 a number as text is canonical and keeps its value', () => {
  fc.assert(
    fc.property(numberText, (text) => {
      const isNumber = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,6})?$/.test(text);
      const value = isNumber ? new Decimal(text) : null;
      const isKept =
        value !== null && (value.isZero() || (Math.abs(value.e) <= 400 && value.decimalPlaces() <= 400));
      expect(findDecimal(text)).toBe(isKept ? (value.isZero() ? '0' : value.toFixed()) : null);
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ['0.123456789012345678', 3, '123.456789012345678'],
  ['123456789012345678901234567890', 0, '123456789012345678901234567890'],
  ['-5', -2, '-0.05'],
])('P1 the value of %s moves by %i places and keeps every digit', (text, power, expected) => {
  expect(shiftDecimal(text as DecimalText, power)).toBe(expected);
});
