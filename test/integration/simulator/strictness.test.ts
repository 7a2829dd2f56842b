import { request } from 'undici';
import type { PoolEndpoint } from '../../../src/core/pool-endpoint';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { call, envelopeOf, queryOf, send, signed } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
let simulator: Simulator;
let puid: bigint;

beforeAll(async () => {
  simulator = await createSimulator({ seed: 1, startAt: NOON, world: { days: 40 }, rateLimit: null });
  puid = simulator.world.subAccounts('main')[0]!.puid;
});
afterAll(() => simulator.close());
afterEach(() => {
  simulator.quirks.errorStyle = 'http200';
});

/** Every endpoint with every parameter that its specification requires. */
function sound(): Record<PoolEndpoint, Record<string, string | number | bigint>> {
  const page = { currentPage: 1, pageSize: 50 };
  const scope = { algo: 'SHA256d', puid };
  const workerId = simulator.world.workers({ account: 'main', puid, algo: 'SHA256d' })[0]!.workerId;
  return {
    'algo/query': {},
    'user/query': {},
    'worker/query': { ...page, ...scope, sortField: 'WORKER', sort: 'ASC', status: 'TOTAL' },
    'worker/get': { ...page, ...scope, workerId },
    'earn/query': { ...page, ...scope },
    'reward/query': { ...page, ...scope },
    'user/earn': { coinName: 'BTC' },
    'sub-user/earn': { coinName: 'BTC' },
  };
}

test('every endpoint answers a valid request', async () => {
  for (const [endpoint, params] of Object.entries(sound())) {
    const { data, ...envelope } = await call(simulator, endpoint, params);
    expect([endpoint, envelope]).toEqual([
      endpoint,
      { success: true, code: '200', msg: 'success', retry: endpoint === 'reward/query' },
    ]);
    expect(data).not.toBeNull();
  }
});

test('every required parameter is named when it is missing', async () => {
  for (const [endpoint, params] of Object.entries(sound())) {
    for (const missing of Object.keys(params)) {
      const rest = Object.fromEntries(Object.entries(params).filter(([name]) => name !== missing));
      const { success, code, msg } = await call(simulator, endpoint, rest);
      expect([endpoint, missing, success, code]).toEqual([endpoint, missing, false, '400100']);
      expect(msg).toContain(missing);
    }
  }
});

test('ill-typed, unknown and repeated parameters are refused', async () => {
  const cases: [string, Record<string, string | number | readonly string[]>][] = [
    ['earn/query', { currentPage: 0 }],
    ['earn/query', { currentPage: '1.5' }],
    ['earn/query', { pageSize: 9 }],
    ['earn/query', { pageSize: 101 }],
    ['earn/query', { puid: 'abc' }],
    ['earn/query', { puid: 42 }],
    ['earn/query', { puid: '' }],
    ['earn/query', { algo: 'sha256d' }],
    ['earn/query', { algo: ['SHA256d', 'SHA256d'] }],
    ['earn/query', { startTime: 'yesterday' }],
    ['earn/query', { startTime: 2, endTime: 1 }],
    ['earn/query', { start_time: 1 }],
    ['earn/query', { coinName: 'B T C' }],
    ['earn/query', { version: 1 }],
    ['earn/query', { version: ['2', '2'] }],
    ['worker/query', { sortField: 'HASH_RATE_DAY' }],
    ['worker/query', { sort: 'asc' }],
    ['worker/query', { status: 'DEAD' }],
    ['algo/query', { algo: 'SHA256d' }],
  ];
  for (const [endpoint, change] of cases) {
    const params = { ...signed(simulator), ...sound()[endpoint as PoolEndpoint], ...change };
    const { success, code } = envelopeOf((await send(simulator, endpoint, params)).bytes);
    expect([endpoint, change, success, code]).toEqual([endpoint, change, false, '400100']);
  }
  for (const pageSize of [10, 100]) {
    expect(await call(simulator, 'earn/query', { ...sound()['earn/query'], pageSize })).toMatchObject({
      code: '200',
    });
  }
});

test('missing or wrong credentials get the specified code', async () => {
  const credentials = signed(simulator);
  for (const missing of Object.keys(credentials)) {
    const rest = Object.fromEntries(Object.entries(credentials).filter(([name]) => name !== missing));
    expect(envelopeOf((await send(simulator, 'algo/query', rest)).bytes).code).toBe('400001');
    expect(envelopeOf((await send(simulator, 'algo/query', { ...rest, [missing]: '' })).bytes).code).toBe(
      '400001',
    );
  }
  const now = simulator.clock.now();
  const cases: [string, Record<string, string | number>][] = [
    ['400003', { key: 'nobody' }],
    ['400004', { passphrase: 'wrong' }],
    ['400002', { timestamp: now - 5_500 }],
    ['400002', { timestamp: now + 6_500 }],
    ['400002', { timestamp: 'now' }],
    ['200', { timestamp: now - 4_000 }],
    ['200', { timestamp: now + 4_000 }],
  ];
  for (const [code, change] of cases) {
    const answer = await send(simulator, 'algo/query', { ...credentials, ...change });
    expect([change, envelopeOf(answer.bytes).code]).toEqual([change, code]);
  }
});

test('failures have an HTTP status of their own if configured', async () => {
  const credentials = signed(simulator);
  const statuses = async () => [
    (await send(simulator, 'algo/query', {})).status,
    (await send(simulator, 'algo/query', { ...credentials, key: 'nobody' })).status,
    (await send(simulator, 'algo/query', { ...credentials, x: 1 })).status,
  ];
  expect(await statuses()).toEqual([200, 200, 200]);
  simulator.quirks.errorStyle = 'http';
  expect(await statuses()).toEqual([401, 401, 400]);
});

test('an unknown path is 404, a wrong method 405', async () => {
  expect((await send(simulator, 'earn/nothing', signed(simulator))).status).toBe(404);
  expect((await request(simulator.url)).statusCode).toBe(404);
  expect((await request(`${simulator.url}/v1/external/algo/query`, { method: 'POST' })).statusCode).toBe(405);
});

test('the request type must be application/json (415)', async () => {
  const url = `${simulator.url}/v1/external/algo/query?${queryOf(signed(simulator))}`;
  const status = async (type: string | null) =>
    (await request(url, { headers: type === null ? {} : { 'content-type': type } })).statusCode;
  expect(await status(null)).toBe(415);
  expect(await status('text/plain')).toBe(415);
  expect(await status('application/jsonp')).toBe(415);
  expect(await status('application/json; charset=utf-8')).toBe(200);
});

test('the Date header is the time of the pool, not of the host', async () => {
  const { headers } = await send(simulator, 'algo/query', signed(simulator));
  expect(Math.abs(Date.parse(String(headers['date'])) - simulator.clock.now())).toBeLessThanOrEqual(2_000);
  expect(headers['content-type']).toContain('application/json');
});

test('another key sees its own data, a revoked one nothing', async () => {
  const copy = simulator.keys.add(simulator.world.account('main'), 'copy');
  const listed = async () => envelopeOf((await send(simulator, 'user/query', signed(simulator, copy))).bytes);
  expect((await listed()).data).toEqual((await call(simulator, 'user/query')).data);
  simulator.keys.repoint(copy.apiKey, simulator.world.addAccount('empty'));
  expect((await listed()).data).toEqual([]);
  simulator.keys.revoke(copy.apiKey);
  expect((await listed()).code).toBe('400003');
});

test('the log holds the request, never the key', async () => {
  simulator.requests.clear();
  await call(simulator, 'user/earn', { coinName: 'BTC' });
  const [entry] = simulator.requests.entries;
  expect(entry).toMatchObject({ endpoint: 'user/earn', httpStatus: 200, code: '200', rejected: false });
  expect(Object.keys(entry!.params).sort()).toEqual(['coinName', 'timestamp', 'version']);
});
