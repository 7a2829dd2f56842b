import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildProgram } from '../../support/child-program';
import type { RequesterOptions } from '../../support/pacing/requester';
import { startWindowServer } from '../../support/pacing/window-server';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();
const PROGRAM = join(__dirname, '../../support/pacing/requester.ts');

function startRequester(
  options: Partial<RequesterOptions> & { poolUrl: string; sender: string },
): ChildProgram {
  const all: RequesterOptions = {
    databaseUrl: database.url,
    key: 'k',
    endpoints: ['earn'],
    scope: 'endpoint',
    requestsPerSecond: 2,
    waiters: 4,
    totalTimeoutMs: 2_000,
    ...options,
  };
  return new ChildProgram(PROGRAM, [JSON.stringify(all)]);
}

// Each test has its own key, so they do not share a pace.
test.concurrent('P6 four processes share a key’s pace, also if one is killed', async () => {
  const pool = await startWindowServer({
    limit: 2,
    roundTripMs: () => 20 + 60 * Math.random(),
    random: Math.random,
  });
  const senders = ['a', 'b', 'c', 'd'];
  const requesters = senders.map((sender) => startRequester({ poolUrl: pool.url, sender }));
  await Promise.all(requesters.map((each) => each.answer()));
  requesters.forEach((each) => each.tell('go'));
  while (pool.arrivals.length === 0) await sleep(10);
  await sleep(15_000);
  const shares = senders.map((sender) => pool.arrivals.filter((arrival) => arrival.sender === sender).length);
  const total = pool.arrivals.length;
  shares.forEach((share) => expect(share / total).toBeGreaterThanOrEqual(0.15));

  await requesters[0]!.kill();
  const before = pool.arrivals.length;
  // Long enough for the leases of the killed processes to end.
  await sleep(9_000);
  expect(pool.arrivals.length - before).toBeGreaterThan(6);
  await Promise.all(requesters.slice(1).map((each) => each.ask('stop')));
  await pool.close();
  expect(pool.mostInAWindow()).toBe(2);
  expect(pool.rejected()).toBe(0);
});

test.concurrent('P6 processes that are killed all the time keep the pace', async () => {
  const pool = await startWindowServer({
    limit: 2,
    roundTripMs: () => 300 * Math.random(),
    random: Math.random,
  });
  const until = performance.now() + 12_000;
  await Promise.all(
    ['a', 'b'].map(async (sender) => {
      while (performance.now() < until) {
        const requester = startRequester({
          poolUrl: pool.url,
          sender,
          key: 'k2',
          scope: 'key',
          endpoints: ['earn'],
          totalTimeoutMs: 500,
        });
        await requester.answer();
        requester.tell('go');
        await sleep(1_500 + 2_000 * Math.random());
        await requester.kill();
      }
    }),
  );
  await pool.close();
  expect(pool.arrivals.length).toBeGreaterThan(3);
  expect(pool.mostInAWindow()).toBeLessThanOrEqual(2);
});
