import { formatMinute, reportByTheMinute } from '../../../src/service/minute-report';
import { KpoolError } from '../../../src/core/errors';
import { judge } from '../../../src/report/wellness/judge';

const NONE = { requests: 0, inserted: 0, changed: 0, unchanged: 0 };
const NOW = { requests: 12, inserted: 3, changed: 0, unchanged: 1_450 };
const STOPPED = judge({ accounts: [{ account: 'main', status: 'auth_failed', reason: null }] });

describe('the report of a minute', () => {
  test.each([
    ['All is well.', judge({})],
    ['1 problem: kpool status', STOPPED],
  ])('P11 says what was done, and: %s', (verdict, wellness) => {
    expect(formatMinute(NONE, NOW, wellness)).toBe(
      `12 requests, 3 rows new, 0 changed, 1,450 verified. ${verdict}`,
    );
  });

  test('comes each minute, and again once the database is back', async () => {
    const told: string[] = [];
    const stopping = new AbortController();
    let round = 0;
    await reportByTheMinute({
      readActivity: () => (round === 1 ? Promise.reject(new Error('away')) : Promise.resolve(NOW)),
      readWellness: () => Promise.resolve(judge({})),
      logger: { info: (line) => told.push(line), debug: (line) => told.push(line) },
      signal: stopping.signal,
      clock: {
        sleep(ms) {
          expect(ms).toBe(60_000);
          round += 1;
          return round < 4 ? Promise.resolve() : Promise.reject(new KpoolError('aborted', 'Stopped.'));
        },
      },
    });
    const line = '0 requests, 0 rows new, 0 changed, 0 verified. All is well.';
    expect(told).toEqual(['The last minute cannot be reported.', line, line]);
  });
});
