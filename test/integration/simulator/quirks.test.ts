import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Quirks, type SimScopeKey, type Simulator } from '../../../src/simulator';
import { call, send, signed, walk, type PageData } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
let simulator: Simulator;
let scope: SimScopeKey;
let plain: Quirks;

beforeAll(async () => {
  simulator = await createSimulator({
    seed: 7,
    startAt: NOON,
    world: { days: 120, workersPerSubAccount: 150 },
    rateLimit: null,
  });
  scope = simulator.world.scopes('main')[1]!;
  plain = { ...simulator.quirks };
});
afterAll(() => simulator.close());
afterEach(() => Object.assign(simulator.quirks, plain));

const asked = () => ({ algo: scope.algo, puid: scope.puid });
const workers = () => ({ ...asked(), sortField: 'REJECT', sort: 'ASC', status: 'TOTAL' });

async function page(currentPage: number, pageSize = 10): Promise<PageData> {
  return (await call(simulator, 'earn/query', { ...asked(), currentPage, pageSize })).data as PageData;
}

async function rawText(endpoint: string, params: object): Promise<string> {
  const answer = await send(simulator, endpoint, { ...signed(simulator), ...params });
  return answer.bytes.toString('utf8');
}

test('numbers come as JSON numbers, strings or both', async () => {
  simulator.world.insertEarning(scope, { currency: 'TINY', minedAtMs: NOON, amount: '0.00000001' }, 2);
  const text = () => rawText('earn/query', { ...asked(), coinName: 'TINY', currentPage: 1, pageSize: 10 });
  expect(await text()).toContain('"amount":0.00000001,');
  simulator.quirks.amounts = 'string';
  expect(await text()).toContain('"amount":"0.00000001"');
  simulator.quirks.amounts = 'mixed';
  expect(await text()).toMatch(/"amount":0\.00000001,.*"amount":"0|"amount":"0\.00000001".*"amount":0/);
  simulator.quirks.amounts = 'number';
  simulator.quirks.amountDigits = 'exponent';
  expect(await text()).toContain('"amount":1E-8,');
  simulator.quirks.amountDigits = 'padded';
  expect(await text()).toContain('"amount":0.000000010000000000,');
  simulator.quirks.times = 'string';
  expect(await text()).toContain(`"miningDate":"${NOON}"`);
});

test('hashrates in another unit are exactly the same rates', async () => {
  simulator.world.insertEarning(scope, {
    currency: 'RATE',
    minedAtMs: NOON,
    amount: '1',
    hashRate: '1234567890123',
  });
  simulator.quirks.hashUnit = 'TH';
  const [item] = await walk(simulator, 'earn/query', { ...asked(), coinName: 'RATE' });
  expect(item).toMatchObject({ hashRate: '1.234567890123', hashUnit: 'TH' });
});

test('success has any of its documented codes', async () => {
  for (const code of ['"200"', '200', '"200000"', '200000'] as const) {
    simulator.quirks.successCode = code;
    expect(await rawText('algo/query', {})).toContain(`"code":${code},`);
  }
  simulator.quirks.retry = true;
  expect(await rawText('algo/query', {})).toContain('"retry":true');
});

test('a pending row has no settle time, in each spelling', async () => {
  simulator.world.insertEarning(scope, {
    currency: 'PEND',
    minedAtMs: NOON,
    amount: '1',
    status: 'WAIT_SETTLE',
  });
  const settleTime = async () =>
    (await walk(simulator, 'earn/query', { ...asked(), coinName: 'PEND' }))[0]!['settleTime'];
  const seen = [];
  for (const form of ['null', 'absent', 'zero', 'time'] as const) {
    simulator.quirks.pendingSettleTime = form;
    seen.push(await settleTime());
  }
  expect(seen).toEqual([null, undefined, '0', String(NOON + DAY_MS)]);
});

test('a page can be smaller than asked for, admitted or not', async () => {
  simulator.quirks.pageSizeCap = 20;
  expect(await page(1, 50)).toMatchObject({ pageSize: '20', items: { length: 20 } });
  simulator.quirks.pageSizeAdmitted = false;
  expect(await page(1, 50)).toMatchObject({ pageSize: '50', items: { length: 20 } });
});

test('totalNum can be wrong; a page can be empty or repeated', async () => {
  const { totalNum } = await page(1);
  simulator.quirks.totalNum = 3;
  expect((await page(1)).totalNum).toBe(String(Number(totalNum) + 3));
  simulator.quirks.totalNum = -3;
  expect((await page(1)).totalNum).toBe(String(Number(totalNum) - 3));
  simulator.quirks.totalNum = 'null';
  expect(await page(1)).toMatchObject({ totalNum: null });
  simulator.quirks.totalNum = 'absent';
  expect(await page(1)).not.toHaveProperty('totalNum');
  simulator.quirks.emptyPage = 2;
  simulator.quirks.repeatedPage = 3;
  expect((await page(2)).items).toEqual([]);
  Object.assign(simulator.quirks, { emptyPage: null });
  expect((await page(3)).items).toEqual((await page(2)).items);
  expect((await page(4)).items).not.toEqual((await page(2)).items);
});

test('lists can be oldest first, or in another order each time', async () => {
  const dates = async () => (await page(1, 100)).items.map((item) => Number(item['miningDate']));
  const first = await page(1, 100);
  expect((await page(1, 100)).items).toEqual(first.items);
  simulator.quirks.order = 'unstable-ties';
  const tied = [await page(1, 100), await page(1, 100)];
  expect(tied[0]!.items).not.toEqual(tied[1]!.items);
  expect(await dates()).toEqual([...(await dates())].sort((a, b) => b - a));
  simulator.quirks.order = 'asc';
  expect(await dates()).toEqual([...(await dates())].sort((a, b) => a - b));
  simulator.quirks.order = 'unstable';
  expect(await dates()).not.toEqual(await dates());
  const names = async () =>
    (await walk(simulator, 'worker/query', { ...workers() })).map((item) => item['workerName']);
  for (const worker of simulator.world.workers(scope))
    simulator.world.changeWorker(worker, { rejectRate: '1' });
  expect(await names()).toEqual(await names());
  simulator.quirks.workerOrder = 'unstable-ties';
  const order = await names();
  expect(order).not.toEqual(await names());
  expect([...order].sort()).toEqual([...(await names())].sort());
});

test('a query without a start can return the last days only', async () => {
  simulator.quirks.unboundedDays = 30;
  const items = await walk(simulator, 'earn/query', asked());
  expect(Math.min(...items.map((item) => Number(item['miningDate'])))).toBeGreaterThan(NOON - 31 * DAY_MS);
  const all = await walk(simulator, 'earn/query', { ...asked(), startTime: 0 });
  expect(all.length).toBeGreaterThan(items.length);
  simulator.quirks.maxSpanDays = 90;
  const span = { startTime: NOON - 91 * DAY_MS, endTime: NOON, currentPage: 1, pageSize: 10 };
  expect((await call(simulator, 'earn/query', { ...asked(), ...span })).code).toBe('400100');
});

test('rows of a currency can be hidden unless asked for by name', async () => {
  simulator.quirks.hiddenUnlessAsked = ['DOGE'];
  const currencies = (items: Record<string, unknown>[]) => new Set(items.map((item) => item['currency']));
  expect(currencies(await walk(simulator, 'earn/query', asked()))).not.toContain('DOGE');
  expect(currencies(await walk(simulator, 'earn/query', { ...asked(), coinName: 'DOGE' }))).toEqual(
    new Set(['DOGE']),
  );
});

test('a removed sub-account can be queryable or refused', async () => {
  const gone = simulator.world.addSubAccount('main', { puid: 5n, pname: 'gone', defaultAlgo: 'Scrypt' });
  const key = { account: 'main', puid: gone.puid, algo: 'Scrypt' };
  simulator.world.insertEarning(key, { currency: 'LTC', minedAtMs: NOON, amount: '3' });
  simulator.world.removeSubAccount('main', gone.puid);
  const query = () =>
    call(simulator, 'earn/query', { algo: key.algo, puid: key.puid, currentPage: 1, pageSize: 10 });
  expect((await query()).data).toMatchObject({ totalNum: '1' });
  const { data } = await call(simulator, 'sub-user/earn', { coinName: 'LTC' });
  expect(data).toContainEqual({ puid: '5', pname: 'gone', amount: '3' });
  simulator.quirks.removedSubAccounts = 'refused';
  expect((await query()).code).toBe('400100');
  simulator.world.removeAlgorithm('main', 'Scrypt');
  expect((await call(simulator, 'algo/query')).data).not.toContain('Scrypt');
  simulator.world.addAlgorithm('main', 'Scrypt');
});

test('totals can count other income, or have fewer digits', async () => {
  const total = async () => (await call(simulator, 'user/earn', { coinName: 'DEF' })).data;
  const income = { currency: 'DEF', minedAtMs: NOON, amount: '1.123456789' };
  simulator.world.insertEarning(scope, income);
  simulator.world.insertEarning(scope, { ...income, status: 'WAIT_SETTLE' });
  simulator.world.insertReward(scope, { ...income, type: 'MINING_EARN' });
  simulator.world.insertReward(scope, { ...income, amount: '10' });
  const seen = [];
  for (const definition of ['earned', 'with-pending', 'everything', 'earnings-only'] as const) {
    simulator.quirks.totals = definition;
    seen.push(await total());
  }
  expect(seen).toEqual(['11.123456789', '12.246913578', '12.246913578', '1.123456789']);
  simulator.quirks.totalDecimals = 8;
  expect(await total()).toBe('1.12345678');
});
