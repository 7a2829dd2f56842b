import fc from 'fast-check';
import { parseJson, writeJson, writeJsonbText } from '../../../src/kucoin/json';

/** JSON number tokens of every shape and length. */
const numberToken = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constant('0'), fc.stringMatching(/^[1-9][0-9]{0,30}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,30}$/)),
    fc.oneof(fc.constant(''), fc.stringMatching(/^[eE][+-]?[0-9]{1,4}$/)),
  )
  .map((parts) => parts.join(''));

test('P1 every number of an answer keeps every digit', () => {
  fc.assert(
    fc.property(fc.array(numberToken), (tokens) => {
      const text = `{"a":[${tokens.join(',')}]}`;
      expect(writeJson(parseJson(text))).toBe(text);
    }),
  );
});

test('texts and structures come through as JSON.parse reads them', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
      const withoutNumbers = JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
        typeof value === 'number' ? String(value) : value,
      );
      expect(writeJson(parseJson(withoutNumbers))).toBe(withoutNumbers);
    }),
  );
});

test.each([
  '',
  '{',
  '{"a":1',
  '{"a":1,}',
  '[1,]',
  '{"a":1,"a":2}',
  '{"a":NaN}',
  '01',
  '<html>',
  '{} x',
  '"\u0000"',
  "{'a':1}",
])('%j is refused', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

test('nesting that would exhaust the stack is refused', () => {
  expect(() => parseJson('['.repeat(1_000_000))).toThrow(SyntaxError);
  expect(() => parseJson('{"a":'.repeat(100_000))).toThrow(SyntaxError);
  expect(() => parseJson(`"${'['.repeat(1_000)}"`)).not.toThrow();
  expect(() => parseJson(`"\\"${'['.repeat(1_000)}"`)).not.toThrow();
});

test('text for jsonb holds only what PostgreSQL accepts', () => {
  const digits = '9'.repeat(2_000);
  const value = parseJson(`{"nul":"a\\u0000b","half":"\\ud800x","far":1e20000,"long":${digits},"fine":1.10}`);
  expect(writeJsonbText(value)).toBe(
    `{"nul":"a\uFFFDb","half":"\uFFFDx","far":"1e20000","long":"${digits}","fine":1.10}`,
  );
});

test('a key named __proto__ is an ordinary key', () => {
  const text = '{"__proto__":{"a":1}}';
  expect(writeJson(parseJson(text))).toBe(text);
});
