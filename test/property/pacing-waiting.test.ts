import { DAY_MS } from '../../src/core/day';
import type { Permit } from '../../src/core/pacer';
import type { PacingEvent } from '../../src/pacing/events';
import { PermitQueue } from '../../src/pacing/permit-queue';
import { computeLeaseMs, REST_MS, RESUME_WITHIN_MS } from '../../src/pacing/time-limits';
import { crashed, EMPTY, pollModel } from '../support/pacing/slot-model';
import { VirtualHost, VirtualWorld } from '../support/pacing/virtual-world';

const ROUND_TRIP_MS = 50;

/** Processes on a model of the database that answers within 2 ms, in virtual time. */
function createLab(slots: number) {
  const world = new VirtualWorld();
  const lab = { world, polls: 0, state: EMPTY, isAway: false };
  const startProcess = (processId: string) => {
    const { clock } = new VirtualHost(world, { rate: 1, startMs: 0, freezes: [] });
    const options = { slots, auto: true, leaseMs: computeLeaseMs(30_000), processId };
    const events: PacingEvent[] = [];
    const queue = new PermitQueue({
      ...options,
      store: {
        poll: async (poll) => {
          lab.polls += 1;
          await world.sleep(1);
          if (lab.isAway) throw new Error('connection refused');
          const polled = pollModel(lab.state, poll, { ...options, nowMs: 1_700_000_000_000 + world.nowMs });
          lab.state = polled.state;
          await world.sleep(1);
          return polled.result;
        },
      },
      clock,
      level: 'endpoint',
      onEvent: (event) => events.push(event),
    });
    const acquire = (priority = 1, endpoint = 'earn', signal?: AbortSignal): Promise<Permit> =>
      queue.acquire({ bucket: { key: 'k', endpoint }, priority, ...(signal && { signal }) });
    const send = async (priority = 1, endpoint = 'earn', takesMs = ROUND_TRIP_MS): Promise<number> => {
      const permit = await acquire(priority, endpoint);
      permit.use();
      const sentAtMs = world.nowMs;
      await world.sleep(takesMs);
      permit.answered();
      return sentAtMs;
    };
    return { queue, acquire, send, events };
  };
  return Object.assign(lab, { startProcess });
}

/** Asks all the time, with this many requests at once, and records when they were sent. */
function askAllTheTime(send: () => Promise<number>, waiters: number): number[] {
  const sentAtMs: number[] = [];
  const ask = (): void => {
    void send().then((atMs) => {
      sentAtMs.push(atMs);
      ask();
    }, ask);
  };
  for (let waiter = 0; waiter < waiters; waiter++) ask();
  return sentAtMs;
}

test('an idle queue sends no query to the database', async () => {
  const lab = createLab(2);
  const { send } = lab.startProcess('a');
  const sent = Promise.all([send(), send(), send()]);
  await lab.world.runUntil(10_000);
  await sent;
  const before = lab.polls;
  await lab.world.runUntil(DAY_MS);
  expect(lab.polls).toBe(before);
});

test('a long queue is served within 1 % of the provable limit', async () => {
  const lab = createLab(2);
  const sentAtMs = askAllTheTime(lab.startProcess('a').send, 200);
  await lab.world.runUntil(120_000);
  const seconds = (sentAtMs.at(-1)! - sentAtMs[1]!) / 1_000;
  expect((sentAtMs.length - 2) / seconds).toBeGreaterThan((0.99 * 2_000) / (REST_MS + ROUND_TRIP_MS));
  expect(lab.polls).toBeLessThanOrEqual(2 * sentAtMs.length + 5);
});

test('processes with equal demand get equal shares', async () => {
  const lab = createLab(2);
  const shares = ['a', 'b', 'c', 'd'].map((name) => askAllTheTime(lab.startProcess(name).send, 4));
  await lab.world.runUntil(120_000);
  const all = shares.flat();
  expect(all.length).toBeGreaterThan((0.97 * 2_000 * 118) / (REST_MS + ROUND_TRIP_MS));
  for (const share of shares) expect(share.length / all.length).toBeGreaterThan(0.2);
});

test('a thousand waiting buckets take a few polls', async () => {
  const lab = createLab(2);
  const { send } = lab.startProcess('a');
  let sent = 0;
  for (let bucket = 0; bucket < 1_000; bucket++) void send(1, `endpoint ${bucket}`).then(() => (sent += 1));
  await lab.world.runUntil(2_000);
  expect(sent).toBe(1_000);
  expect(lab.polls).toBeLessThan(40);
});

test('the most valuable request goes first, then the oldest', async () => {
  const lab = createLab(1);
  const { send } = lab.startProcess('a');
  const order: number[] = [];
  [7, 4, 3.1, 3].forEach((priority) => void send(Math.floor(priority)).then(() => order.push(priority)));
  await lab.world.runUntil(10_000);
  expect(order).toEqual([3.1, 3, 4, 7]);
});

test('a request of little value is not overtaken forever', async () => {
  const lab = createLab(1);
  const { send } = lab.startProcess('a');
  let servedAtMs = Infinity;
  void send(8).then((atMs) => (servedAtMs = atMs));
  askAllTheTime(() => send(3), 3);
  await lab.world.runUntil(60_000);
  expect(servedAtMs).toBe(Infinity);
  await lab.world.runUntil(200_000);
  expect(servedAtMs).toBeLessThan(200_000);
});

test('a cancelled request leaves its slot to the next one', async () => {
  const lab = createLab(1);
  const { acquire, send } = lab.startProcess('a');
  const giveUp = new AbortController();
  const given = acquire(1, 'earn', giveUp.signal).catch((error: unknown) => error);
  const next = send();
  giveUp.abort();
  await lab.world.runUntil(2_000);
  await expect(given).resolves.toMatchObject({ code: 'aborted' });
  expect(await next).toBeLessThan(1_100);
});

test('a permit not used within a second frees its slot', async () => {
  const lab = createLab(1);
  const { acquire, send } = lab.startProcess('a');
  const late = acquire().then(async (permit) => {
    await lab.world.sleep(1_000);
    const isGood = permit.use();
    permit.answered();
    return isGood;
  });
  const next = send();
  await lab.world.runUntil(5_000);
  expect(await late).toBe(false);
  expect(await next).toBeLessThan(2_200);
});

test('the least wait of a new request is known', async () => {
  const lab = createLab(1);
  const { queue, send } = lab.startProcess('a');
  const bucket = { key: 'k', endpoint: 'earn' };
  void send();
  await lab.world.runUntil(1_200);
  expect(queue.waitEstimateMs(bucket)).toBeGreaterThan(800);
  for (let waiter = 0; waiter < 3; waiter++) void send();
  expect(queue.waitEstimateMs(bucket)).toBeGreaterThan(3_800);
  await lab.world.runUntil(10_000);
  expect(queue.waitEstimateMs(bucket)).toBe(0);
});

test('the least wait does not include the lease of a request', async () => {
  const lab = createLab(2);
  const { queue, send } = lab.startProcess('a');
  for (let request = 0; request < 2; request++) void send(1, 'earn', 5_000);
  await lab.world.runUntil(3_000);
  expect(queue.waitEstimateMs({ key: 'k', endpoint: 'earn' })).toBeLessThanOrEqual(REST_MS);
});

test('P12 requests go on 40 s after the database crashed', async () => {
  const lab = createLab(2);
  const { queue, send, events } = lab.startProcess('a');
  const sentAtMs = askAllTheTime(send, 4);
  await lab.world.runUntil(10_000);
  lab.state = crashed(lab.state);
  const before = sentAtMs.length;
  await lab.world.runUntil(12_000);
  expect(queue.waitEstimateMs({ key: 'k', endpoint: 'earn' })).toBeGreaterThan(28_000);
  await lab.world.runUntil(10_000 + RESUME_WITHIN_MS);
  expect(sentAtMs.length).toBeGreaterThan(before + 4);
  const reports = events.filter((event) => event.kind === 'waiting');
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ buckets: 1 });
  expect(reports[0]!.longestMs).toBeLessThan(17_000);
  expect(reports[0]!.lostForMs).toBeGreaterThan(10_000);
});

test('a waiting request fails 15 s after the database vanished', async () => {
  const lab = createLab(2);
  const { acquire, events } = lab.startProcess('a');
  lab.isAway = true;
  const toldAtMs: number[] = [];
  const ask = (): void => {
    void acquire().catch(() => {
      toldAtMs.push(lab.world.nowMs);
      ask();
    });
  };
  ask();
  await lab.world.runUntil(60_000);
  expect(toldAtMs.map((atMs) => Math.round(atMs / 15_000))).toEqual([1, 2, 3, 4]);
  expect(events.map(({ kind }) => kind)).toEqual(toldAtMs.map(() => 'unavailable'));
});

test('a process that stops hands back all its slots', async () => {
  const lab = createLab(2);
  const first = lab.startProcess('a');
  askAllTheTime(() => first.send().catch(() => new Promise<number>(() => undefined)), 8);
  await lab.world.runUntil(20_000);
  void first.queue.stop();
  const sentAtMs = askAllTheTime(lab.startProcess('b').send, 8);
  await lab.world.runUntil(80_000);
  expect(sentAtMs.length).toBeGreaterThan((0.98 * 2_000 * 60) / (REST_MS + ROUND_TRIP_MS));
});
