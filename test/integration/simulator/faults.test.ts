import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { createSimulator, type Fault, type Simulator } from '../../../src/simulator';
import { call, envelopeOf, queryOf, send, signed } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
let simulator: Simulator;

beforeEach(async () => {
  simulator = await createSimulator({ seed: 1, startAt: NOON, world: { days: 5 }, rateLimit: null });
});
afterEach(() => simulator.close());

const ask = () => send(simulator, 'algo/query', signed(simulator));

async function afterFault(
  fault: Fault,
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  simulator.faults.next('algo/query', fault);
  const { status, bytes, headers } = await ask();
  return { status, text: bytes.toString('utf8'), headers };
}

test('every kind of wrong answer is followed by a sound one', async () => {
  expect(await afterFault({ kind: 'http', status: 500, code: '500000' })).toMatchObject({
    status: 500,
    text: expect.stringContaining('"code":"500000"') as string,
  });
  expect(await afterFault({ kind: 'http', status: 403, body: 'html' })).toMatchObject({
    status: 403,
    text: expect.stringContaining('<html>') as string,
  });
  expect(await afterFault({ kind: 'http', status: 403, body: 'empty' })).toMatchObject({
    status: 403,
    text: '',
  });
  expect(await afterFault({ kind: 'code', code: '500000', retry: true })).toMatchObject({
    status: 200,
    text: expect.stringContaining('"success":false') as string,
  });
  expect(await afterFault({ kind: 'maintenance', retryAfterS: 7 })).toMatchObject({
    status: 503,
    headers: { 'retry-after': '7' },
  });
  expect(await afterFault({ kind: 'redirect', location: 'http://127.0.0.2/' })).toMatchObject({
    status: 302,
    headers: { location: 'http://127.0.0.2/' },
  });
  for (const fault of [{ kind: 'body' }, { kind: 'truncate', framing: 'intact' }, { kind: 'bom' }] as const) {
    simulator.faults.next('*', fault);
    const { bytes } = await ask();
    expect(() => JSON.parse(bytes.toString('latin1')) as unknown).toThrow();
  }
  expect(await afterFault({ kind: 'content-type', value: 'text/plain' })).toMatchObject({
    status: 200,
    headers: { 'content-type': 'text/plain' },
  });
  expect(
    await afterFault({ kind: 'rewrite', rewrite: (json) => json.replace('success', 'sucess') }),
  ).toMatchObject({ text: expect.stringContaining('sucess') as string });
  expect((await afterFault({ kind: 'huge', bytes: 3_000_000 })).text.length).toBeGreaterThan(3_000_000);
  simulator.faults.next('*', { kind: 'gzip' });
  expect(envelopeOf(gunzipSync((await ask()).bytes)).success).toBe(true);
  expect((await call(simulator, 'algo/query')).success).toBe(true);
});

test('connections break before the headers, in the body, or hang', async () => {
  for (const fault of [
    { kind: 'reset', at: 'headers' },
    { kind: 'reset', at: 'body' },
    { kind: 'truncate' },
  ] as const) {
    simulator.faults.next('algo/query', fault);
    await expect(ask()).rejects.toThrow();
  }
  for (const fault of [{ kind: 'hang' }, { kind: 'hang-in-body' }] as const) {
    simulator.faults.next('algo/query', fault);
    const signal = AbortSignal.timeout(150);
    const url = `${simulator.url}/v1/external/algo/query?${queryOf(signed(simulator))}`;
    await expect(request(url, { signal }).then((answer) => answer.body.text())).rejects.toThrow();
  }
  expect((await call(simulator, 'algo/query')).success).toBe(true);
});

test('faults queue up and hit only their endpoint', async () => {
  simulator.faults.next('user/query', { kind: 'code', code: '1' }, 2);
  simulator.faults.next('*', { kind: 'code', code: '2' });
  const stop = simulator.faults.when((entry) =>
    entry.params['coinName'] === 'BTC' ? { kind: 'code', code: '3' } : undefined,
  );
  const code = async (endpoint: string, params = {}) => (await call(simulator, endpoint, params)).code;
  expect(await code('user/query')).toBe('1');
  expect(await code('algo/query')).toBe('2');
  expect(await code('user/query')).toBe('1');
  expect(await code('user/query')).toBe('200');
  expect(await code('user/earn', { coinName: 'BTC' })).toBe('3');
  stop();
  expect(await code('user/earn', { coinName: 'BTC' })).toBe('200');
});

test('a test can change the world between any two requests', async () => {
  const names = async () => ((await call(simulator, 'user/query')).data as { pname: string }[])[0]!.pname;
  const { puid } = simulator.world.subAccounts('main')[0]!;
  const stop = simulator.afterResponse(() =>
    simulator.world.changeSubAccount('main', puid, { pname: 'after' }),
  );
  expect(await names()).toBe('main-garage');
  stop();
  expect(await names()).toBe('after');
  simulator.onRequest(() => simulator.world.changeSubAccount('main', puid, { pname: 'before' }));
  expect(await names()).toBe('before');
});

test('a request can be awaited', async () => {
  const arrival = simulator.requests.next((entry) => entry.endpoint === 'user/query');
  await call(simulator, 'algo/query');
  await call(simulator, 'user/query');
  expect((await arrival).endpoint).toBe('user/query');
});

test('a failing hook is reported when the simulator closes', async () => {
  const failing = await createSimulator({ seed: 1, startAt: NOON, world: { days: 1 } });
  failing.onRequest(() => {
    throw new Error('a mistake in a test');
  });
  await expect(send(failing, 'algo/query', signed(failing))).rejects.toThrow();
  await expect(failing.close()).rejects.toThrow('The simulated pool itself failed');
});
