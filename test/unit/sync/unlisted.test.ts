/** Is a failure that of the pool, or of a sub-account that no longer exists? */
import { KpoolError, type ErrorCode } from '../../../src/core/errors';
import type { AccountId, Puid } from '../../../src/domain/ids';
import { Run } from '../../../src/sync/runs/run';
import { syncWhileListed } from '../../../src/sync/runs/unlisted';

const SCOPE = { stream: 'earnings', accountId: 1 as AccountId, puid: 7n as Puid, algo: 'SHA256d' } as const;

async function endOf(
  work: (run: Run) => void,
  isGone: boolean,
): Promise<{ isUnlisted: boolean; asked: number }> {
  const run = new Run(1n, 1, new AbortController().signal);
  let asked = 0;
  const listing = {
    isGone: () => {
      asked += 1;
      return Promise.resolve(isGone);
    },
  };
  await syncWhileListed(listing, SCOPE, run, () => Promise.resolve().then(() => work(run)));
  return { isUnlisted: run.isUnlisted, asked };
}

const failing = (code: ErrorCode) => () => {
  throw new KpoolError(code, 'The pool says no.');
};

test.each(['pool.parameter', 'pool.not-found', 'pool.refused'] as const)(
  '%s is no failure for a sub-account that is gone',
  async (code) => {
    expect(await endOf(failing(code), true)).toEqual({ isUnlisted: true, asked: 1 });
    await expect(endOf(failing(code), false)).rejects.toMatchObject({ code });
  },
);

test.each([
  'pool.unreachable',
  'pool.throttled',
  'pool.unauthorized',
  'pool.server-error',
  'aborted',
] as const)('%s stays a failure, even for a sub-account that is gone', async (code) => {
  await expect(endOf(failing(code), true)).rejects.toMatchObject({ code });
});

test('an empty list of a sub-account that is gone is not partial', async () => {
  const empty = (run: Run) => run.markPartial('the pool shows none of the rows');
  expect(await endOf(empty, true)).toEqual({ isUnlisted: true, asked: 1 });
  expect(await endOf(empty, false)).toEqual({ isUnlisted: false, asked: 1 });
});

test('a sub-account that still has rows is judged as before', async () => {
  const partial = (run: Run) => {
    run.add({ rowsRead: 3 });
    run.markPartial('rows are in quarantine');
  };
  expect(await endOf(partial, true)).toEqual({ isUnlisted: false, asked: 0 });
  expect(await endOf(() => undefined, true)).toEqual({ isUnlisted: false, asked: 0 });
});
