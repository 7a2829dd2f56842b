import { NO_RETRY, retryDelayMs } from '../../../jobs/retry-delay';
import { KpoolError } from '../../../src/core/errors';

describe('a job that failed', () => {
  it.each(['pool.parameter', 'pool.unauthorized', 'broken-promise', 'database.not-migrated'] as const)(
    'with %s is not tried again by the queue',
    (code) => expect(retryDelayMs(new KpoolError(code, 'x'), 1, 0.5)).toBe(NO_RETRY),
  );

  it('when throttled waits at least as long as it was told, and a little apart from others', () => {
    const error = new KpoolError('pool.throttled', 'x', { retryAfterMs: 60_000 });
    expect(retryDelayMs(error, 1, 0)).toBe(60_000);
    expect(retryDelayMs(error, 1, 1)).toBe(75_000);
  });

  it('for a reason that passes waits longer each time, up to 15 minutes', () => {
    const delays = [1, 2, 3, 20].map((attempt) =>
      retryDelayMs(new KpoolError('pool.timeout', 'x'), attempt, 0),
    );
    expect(delays).toEqual([5_000, 10_000, 20_000, 450_000]);
    expect(retryDelayMs(new Error('a bug'), 20, 1)).toBe(900_000);
  });
});
