import { findDurationMs } from '../../../src/config/duration';

describe('a duration', () => {
  test.each([
    ['90s', 90_000],
    ['10 min', 600_000],
    ['1h', 3_600_000],
    ['1 Day', 86_400_000],
    ['2 weeks', 1_209_600_000],
    [' 7days ', 604_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(findDurationMs(text)).toBe(ms);
  });

  test.each(['', '10', 'h', '1.5h', '-1h', '1 month', '1h30', '1e3s', '10 ms'])('%j is refused', (text) => {
    expect(findDurationMs(text)).toBeNull();
  });
});
