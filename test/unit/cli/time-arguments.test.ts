import { parseDay, parseInstant } from '../../../src/cli/time-arguments';

test('a calendar day is its midnight in UTC', () => {
  expect(parseDay('2024-02-29')).toBe(Date.UTC(2024, 1, 29));
});

test.each(['2026-02-30', '2023-02-29', '2026-13-01', '2026-1-1', '20261001', '2026-10-01T00:00:00Z', ''])(
  'a wrong day is refused: %s',
  (text) => {
    expect(() => parseDay(text)).toThrow('YYYY-MM-DD');
  },
);

test.each(['now', '2026-11-05T09:00Z', '2026-11-05T09:00:00Z', '2024-02-29T23:59:59.123456+02:00'])(
  'an instant with its zone is kept as written: %s',
  (text) => {
    expect(parseInstant(text)).toBe(text);
  },
);

test.each([
  '2026-11-05T09:00:00',
  '2026-02-30T09:00:00Z',
  '2026-11-05T25:00:00Z',
  '2026-11-05T09:00:60Z',
  '2026-11-05T09:00:00+25:00',
  '2026-11-05',
])('a wrong instant is refused: %s', (text) => {
  expect(() => parseInstant(text)).toThrow('with its zone');
});
