import { findUnreadableWorkers } from '../../../src/domain/fleet/unreadable-workers';

test.each([
  [[], []],
  [
    ['{"workerId":12,"realHashRate":"x"}', '{"workerName":"a","workerId":"13"}'],
    [12n, 13n],
  ],
  [['{"workerName":"a"}'], null],
  [['{"workerId":-1}'], null],
  [['{"workerId":1,"a":{"workerId":2}}'], null],
])('unreadable rows %j belong to the workers %s', (raws, ids) => {
  const found = findUnreadableWorkers(raws.map((raw) => ({ raw, reason: '' })));
  expect(found === null ? null : [...found]).toEqual(ids);
});
