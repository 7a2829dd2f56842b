import { setTimeout as sleep } from 'node:timers/promises';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator';
import { envelopeOf, send, signed } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
let simulator: Simulator;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  simulator = await createSimulator({ seed: 1, startAt: NOON, world: { days: 1, accounts: 2 }, ...options });
}
afterEach(() => simulator.close());

test('the third request within a second is rejected', async () => {
  await start();
  const [first, second] = simulator.accounts;
  const ask = async (endpoint: string, credentials = first!) =>
    (await send(simulator, endpoint, signed(simulator, credentials))).status;
  expect([await ask('algo/query'), await ask('algo/query'), await ask('algo/query')]).toEqual([
    200, 200, 403,
  ]);
  expect([await ask('user/query'), await ask('algo/query', second)]).toEqual([200, 200]);
  expect(simulator.rejections()).toBe(1);
  expect(simulator.requests.maxArrivalsInWindow('algo/query', first!.apiKey, 1_000)).toBe(3);
  expect(simulator.requests.maxArrivalsInWindow('*', '*', 1_000)).toBe(5);
});

test('a limit per key counts all endpoints together', async () => {
  await start({ rateLimit: { requests: 2, windowMs: 1_000, per: 'key' } });
  const statuses = [];
  for (const endpoint of ['algo/query', 'user/query', 'algo/query']) {
    statuses.push((await send(simulator, endpoint, signed(simulator))).status);
  }
  expect(statuses).toEqual([200, 200, 403]);
});

test('throttling is served in each of the documented ways', async () => {
  await start({ rateLimit: { requests: 0, windowMs: 1_000, per: 'endpoint' } });
  const ask = () => send(simulator, 'algo/query', signed(simulator));
  const answer = await ask();
  expect([answer.status, envelopeOf(answer.bytes).code]).toEqual([403, '200002']);
  simulator.quirks.throttleStyle = 'http200';
  const soft = await ask();
  expect([soft.status, envelopeOf(soft.bytes).code, envelopeOf(soft.bytes).success]).toEqual([
    200,
    '200002',
    false,
  ]);
  simulator.quirks.throttleStyle = 'http403-bare';
  const bare = await ask();
  expect([bare.status, bare.bytes.length]).toEqual([403, 0]);
  simulator.rateLimit = null;
  expect((await ask()).status).toBe(200);
});

test('a fault waits for a request that is within the limit', async () => {
  await start({ rateLimit: { requests: 1, windowMs: 300, per: 'endpoint' } });
  const ask = async () => (await send(simulator, 'algo/query', signed(simulator))).status;
  await ask();
  simulator.faults.next('algo/query', { kind: 'http', status: 500 });
  expect(await ask()).toBe(403);
  await sleep(320);
  expect(await ask()).toBe(500);
});

test('answers take as long as configured', async () => {
  await start({ latencyMs: { min: 60, max: 80 } });
  const startedAt = performance.now();
  await send(simulator, 'algo/query', signed(simulator));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
});
