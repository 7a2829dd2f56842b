import { PacingDesk } from '../../src/pacing/desk';
import type { Look } from '../../src/pacing/place-store';
import { REST_MS, leaseMs } from '../../src/pacing/rest';
import { EMPTY, lookAt } from '../support/pacing/place-model';
import { VirtualHost, VirtualWorld } from '../support/pacing/virtual-world';

const ROUND_TRIP_MS = 50;

/** One process on a model of the database that answers within 2 ms. */
function createProcess(places: number) {
  const world = new VirtualWorld();
  const host = new VirtualHost(world, { rate: 1, startMs: 0, freezes: [] });
  const looks: Look[] = [];
  let state = EMPTY;
  const desk = new PacingDesk({
    store: {
      look: async (look) => {
        looks.push(look);
        await world.sleep(1);
        const nowMs = 1_700_000_000_000 + world.nowMs;
        const seen = lookAt(state, look, {
          nowMs,
          places,
          auto: false,
          leaseMs: leaseMs(30_000),
          processId: 'a',
        });
        state = seen.state;
        await world.sleep(1);
        return seen.sight;
      },
      forgetThrottled: () => Promise.resolve(),
    },
    clock: host.clock,
    ...{ places, scope: 'endpoint', auto: false, leaseMs: leaseMs(30_000) },
    onEvent: () => undefined,
  });
  const send = async (priority = 1, endpoint = 'earn'): Promise<number> => {
    const permit = await desk.acquire({ bucket: { key: 'k', endpoint }, priority });
    permit.use();
    const sentAtMs = world.nowMs;
    await world.sleep(ROUND_TRIP_MS);
    permit.answered();
    return sentAtMs;
  };
  return { world, desk, looks, send };
}

test('nothing is asked of the database while nobody waits', async () => {
  const { world, looks, send } = createProcess(2);
  const sent = Promise.all([send(), send(), send()]);
  await world.runUntil(10_000);
  await sent;
  const before = looks.length;
  await world.runUntil(86_400_000);
  expect(looks).toHaveLength(before);
});

test('a long queue costs the database two looks a request at most', async () => {
  const { world, looks, send } = createProcess(2);
  let sent = 0;
  for (let waiter = 0; waiter < 200; waiter++) void send().then(() => (sent += 1));
  await world.runUntil(60_000);
  expect(sent).toBeGreaterThan(100);
  expect(looks.length).toBeLessThanOrEqual(2 * sent + 5);
});

test('a long queue is served within 2 % of what can be proven', async () => {
  const { world, send } = createProcess(2);
  const sentAtMs: number[] = [];
  for (let waiter = 0; waiter < 300; waiter++) void send().then((atMs) => sentAtMs.push(atMs));
  await world.runUntil(120_000);
  const seconds = (sentAtMs.at(-1)! - sentAtMs[1]!) / 1_000;
  expect((sentAtMs.length - 2) / seconds).toBeGreaterThan((0.98 * 2_000) / (REST_MS + ROUND_TRIP_MS));
});

test('a thousand buckets that wait together are asked for in a few looks', async () => {
  const { world, looks, send } = createProcess(2);
  let sent = 0;
  for (let bucket = 0; bucket < 1_000; bucket++) void send(1, `endpoint ${bucket}`).then(() => (sent += 1));
  await world.runUntil(2_000);
  expect(sent).toBe(1_000);
  expect(looks.length).toBeLessThan(40);
});

test('a request of little value is overtaken by better ones, but not for ever', async () => {
  const { world, send } = createProcess(1);
  let servedAtMs = Infinity;
  void send(8).then((atMs) => (servedAtMs = atMs));
  const askForEver = (): void => void send(3).then(askForEver);
  for (let other = 0; other < 3; other++) askForEver();
  await world.runUntil(60_000);
  expect(servedAtMs).toBe(Infinity);
  await world.runUntil(200_000);
  expect(servedAtMs).toBeLessThan(200_000);
});
