import { classifyDatabaseError, isTransient, isRejection } from '../../../../src/core/postgres/errors';

/** An error as a driver throws it. */
function failure(code: string): Error {
  return Object.assign(new Error('something'), { code });
}

test.each([
  // [code, what it is called, does it pass by itself, would asking again get the same answer]
  ['40001', 'database.failed', true, false],
  ['55P03', 'database.failed', true, false],
  ['57014', 'database.failed', true, false],
  ['53200', 'database.failed', true, false],
  ['57P01', 'database.unreachable', true, false],
  ['08006', 'database.unreachable', true, false],
  ['ECONNRESET', 'database.unreachable', true, false],
  ['28P01', 'database.refused', false, false],
  ['42P01', 'database.rejected', false, true],
  ['3F000', 'database.rejected', false, true],
  ['42501', 'database.rejected', false, true],
  ['23514', 'database.rejected', false, true],
  ['2BP01', 'database.rejected', false, true],
  ['F0000', 'database.failed', false, false],
])('%s is %s; retried: %s, recurring: %s', (code, name, passes, isRejected) => {
  const error = failure(code);
  expect(classifyDatabaseError(error).code).toBe(name);
  expect([isTransient(error), isRejection(error)]).toEqual([passes, isRejected]);
});
