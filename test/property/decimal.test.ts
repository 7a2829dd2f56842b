import fc from 'fast-check';
import { compareDecimals, digitsOf, findDecimal, shiftDecimal } from '../../src/core/decimal';

const SCALE = 80;

/** The value of a number's text times 10^80, by integer arithmetic alone. */
function valueOf(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.trim().toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [integer = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const power = SCALE - fraction.length + Number(exponent);
  const value = BigInt(integer + fraction || '0') * 10n ** BigInt(power);
  return isNegative ? -value : value;
}

const digits = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength }).map((list) => list.join(''));

const numberText = fc
  .record({
    sign: fc.constantFrom('', '-', '+'),
    integer: digits(22).map((text) => text || '0'),
    fraction: fc.option(digits(20), { nil: null }),
    exponent: fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.integer({ min: -20, max: 20 })), {
      nil: null,
    }),
  })
  .map(
    ({ sign, integer, fraction, exponent }) =>
      `${sign}${integer}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.join('')}`,
  );

const canonical = (text: string) => {
  const found = findDecimal(text);
  if (found === null) throw new Error(`${text} is not a number`);
  return found;
};

test('P1 a number keeps its value, however it is written', () => {
  fc.assert(
    fc.property(numberText, (text) => {
      expect(valueOf(canonical(text))).toBe(valueOf(text));
    }),
  );
});

test('P1 two texts are one number exactly if their values agree', () => {
  fc.assert(
    fc.property(numberText, numberText, fc.integer({ min: 0, max: 9 }), (a, b, zeros) => {
      expect(canonical(a) === canonical(b)).toBe(valueOf(a) === valueOf(b));
      const padded = a.includes('.') && !/e/i.test(a) ? a + '0'.repeat(zeros) : a;
      expect(canonical(padded)).toBe(canonical(a));
    }),
  );
});

test('P1 the canonical form has no exponent or needless zero', () => {
  fc.assert(
    fc.property(numberText, (text) => {
      expect(canonical(text)).toMatch(/^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]))$/);
      expect(canonical(canonical(text))).toBe(canonical(text));
    }),
  );
});

test('P1 amounts are sorted by value', () => {
  fc.assert(
    fc.property(numberText, numberText, (a, b) => {
      const [valueA, valueB] = [valueOf(a), valueOf(b)];
      const expected = valueA < valueB ? -1 : valueA > valueB ? 1 : 0;
      expect(Math.sign(compareDecimals(canonical(a), canonical(b)))).toBe(expected);
    }),
  );
});

test('P1 moving the point multiplies by a power of ten', () => {
  fc.assert(
    fc.property(numberText, fc.integer({ min: 0, max: 18 }), (text, power) => {
      expect(valueOf(shiftDecimal(canonical(text), power))).toBe(valueOf(text) * 10n ** BigInt(power));
    }),
  );
});

test('P1 digits are counted on both sides of the point', () => {
  fc.assert(
    fc.property(numberText, (text) => {
      const { integer, fraction } = digitsOf(canonical(text));
      const value = valueOf(text);
      const magnitude = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0');
      expect(integer).toBe(magnitude.slice(0, -SCALE).replace(/^0+/, '').length);
      expect(fraction).toBe(magnitude.slice(-SCALE).replace(/0+$/, '').length);
    }),
  );
});

test.each([
  '',
  ' ',
  '.',
  '-',
  'e5',
  '1e',
  '0x10',
  '1_000',
  '1,5',
  'NaN',
  'Infinity',
  '1e9999999',
  '٣',
  '1 2',
])('%p is no number', (text) => {
  expect(findDecimal(text)).toBeNull();
});
