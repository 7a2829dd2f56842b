import fc from 'fast-check';
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { findDecimal } from '../../../src/core/decimal';
import { Secret } from '../../../src/core/secret';
import type { Puid, WorkerId } from '../../../src/domain/ids';
import type { IncomeRow } from '../../../src/domain/income';
import type { PoolClient } from '../../../src/kucoin';
import type { Fault, SimIncome, Quirks, SimScopeKey, Simulator } from '../../../src/simulator';
import { createSimulator } from '../../../src/simulator';
import { CALL, createTestClient } from './scripted-pool';

const SPEC = { accounts: 1, subAccountsPerAccount: 2, days: 120, workersPerSubAccount: 12 };

let simulator: Simulator;
let scope: SimScopeKey;

beforeAll(async () => {
  simulator = await createSimulator({ seed: 20261122, startAt: Date.now(), world: SPEC, rateLimit: null });
  scope = simulator.world.scopes()[0]!;
});
afterAll(() => simulator.close());

function connect(credentials: Partial<Record<'apiKey' | 'apiSecret' | 'apiPassphrase', string>> = {}) {
  const account = { ...simulator.accounts[0]!, ...credentials };
  return createTestClient(simulator.url, {
    credentials: {
      apiKey: new Secret(account.apiKey),
      apiSecret: new Secret(account.apiSecret),
      apiPassphrase: new Secret(account.apiPassphrase),
    },
  });
}

const puid = (): Puid => scope.puid as Puid;

async function readAll(client: PoolClient, which: 'queryEarnings' | 'queryRewards'): Promise<IncomeRow[]> {
  const rows: IncomeRow[] = [];
  for (let currentPage = 1; ; currentPage++) {
    const query = {
      puid: puid(),
      algo: scope.algo,
      startMs: 0,
      endMs: Date.now(),
      currentPage,
      pageSize: 100,
    };
    const page = await client[which](query, CALL);
    expect(page.unreadable).toEqual([]);
    rows.push(...page.rows);
    if (rows.length >= (page.totalNum ?? 0)) return rows;
  }
}

/** One true row as text, for comparison. */
const truthOf = (row: SimIncome): string =>
  [
    row.currency,
    row.type,
    row.minedAtMs,
    row.amount,
    row.hashRate,
    row.rejectRate,
    row.status,
    row.status === 'WAIT_SETTLE' ? 'any' : row.settledAtMs,
  ].join(' ');
const readOf = (row: IncomeRow): string =>
  [
    row.currency,
    row.type,
    row.minedAtMs,
    row.amount,
    row.hashRateHps,
    row.rejectRate,
    row.status,
    row.status === 'WAIT_SETTLE' ? 'any' : row.settledAtMs,
  ].join(' ');

/** Every form in which the pool might write the same values. */
const formQuirks = fc.record<Partial<Quirks>>({
  amounts: fc.constantFrom('number', 'string', 'mixed'),
  amountDigits: fc.constantFrom('plain', 'exponent', 'padded'),
  hashRates: fc.constantFrom('number', 'string', 'mixed'),
  hashUnit: fc.constantFrom('H', 'KH', 'MH', 'GH', 'TH', 'PH'),
  ids: fc.constantFrom('number', 'string', 'mixed'),
  times: fc.constantFrom('number', 'string', 'mixed'),
  rejectRates: fc.constantFrom('number', 'string', 'mixed', 'as-in-examples'),
  pageFields: fc.constantFrom('number', 'string', 'mixed'),
  successCode: fc.constantFrom('"200"', '200', '"200000"', '200000'),
  retry: fc.constantFrom<Quirks['retry'][]>(true, false, 'as-in-examples'),
  pendingSettleTime: fc.constantFrom('null', 'absent', 'zero', 'time'),
  emptyFields: fc.constantFrom('absent', 'null'),
});

test('P1 every figure of every endpoint arrives digit for digit', async () => {
  const client = connect();
  const before = { ...simulator.quirks };
  await fc.assert(
    fc.asyncProperty(formQuirks, async (quirks) => {
      Object.assign(simulator.quirks, quirks);
      const { world } = simulator;
      expect((await readAll(client, 'queryEarnings')).map(readOf).sort()).toEqual(
        world.earnings(scope).map(truthOf).sort(),
      );
      expect((await readAll(client, 'queryRewards')).map(readOf).sort()).toEqual(
        world.rewards(scope).map(truthOf).sort(),
      );
      expect((await client.queryAlgorithms(CALL)).rows).toEqual(world.algorithms(scope.account));
      const subAccounts = await client.querySubAccounts(CALL);
      expect(subAccounts.rows.map(({ puid: id, pname, realHps }) => [id, pname, realHps])).toEqual(
        world
          .subAccounts(scope.account)
          .map(({ puid: id, pname }) => [id, pname, world.subAccountRates(scope.account, id).realHashRate]),
      );
      const query = {
        puid: puid(),
        algo: scope.algo,
        status: 'TOTAL',
        currentPage: 1,
        pageSize: 100,
      } as const;
      const workers = await client.queryWorkers(query, CALL);
      const told = (rows: readonly { workerId: bigint; workerName: string }[]) =>
        rows.map(({ workerId, workerName }) => `${workerName} ${workerId}`).sort();
      expect(told(workers.rows)).toEqual(told(world.workers(scope)));
    }),
    { numRuns: 25 },
  );
  Object.assign(simulator.quirks, before);
});

test('a worker is found with its status, a stranger is not', async () => {
  const client = connect();
  const worker = simulator.world.workers(scope)[0]!;
  const found = await client.getWorker(
    { puid: puid(), algo: scope.algo, workerId: worker.workerId as WorkerId },
    CALL,
  );
  expect(found.rows).toMatchObject([
    { workerName: worker.workerName, status: worker.status, realHps: findDecimal(worker.realHashRate) },
  ]);
  const stranger = { puid: puid(), algo: scope.algo, workerId: 1n as WorkerId };
  for (const unknownWorker of ['null', 'empty'] as const) {
    simulator.quirks.unknownWorker = unknownWorker;
    expect(await client.getWorker(stranger, CALL)).toMatchObject({ rows: [], unreadable: [] });
  }
  simulator.quirks.unknownWorker = 'null';
});

test('P1 accumulated income arrives digit for digit', async () => {
  const client = connect();
  const { currency } = simulator.world.earnings(scope)[0]!;
  const total = simulator.world.accountTotal(scope.account, currency);
  expect((await client.queryAccountIncome(currency, CALL)).rows).toEqual([total]);
  const bySubAccount = await client.querySubAccountIncome(currency, CALL);
  expect(bySubAccount.rows.find((row) => row.puid === puid())?.amount).toBe(
    simulator.world.subAccountTotal(scope.account, scope.puid, currency),
  );
});

const transient: [string, Fault][] = [
  ['a reset before the headers', { kind: 'reset', at: 'headers' }],
  ['a reset in the body', { kind: 'reset', at: 'body' }],
  ['a truncated body', { kind: 'truncate', framing: 'broken' }],
  ['a shortened body', { kind: 'truncate', framing: 'intact' }],
  ['nonsense', { kind: 'body' }],
  ['HTML', { kind: 'body', text: '<html>', contentType: 'text/html' }],
  ['an internal error', { kind: 'http', status: 500, body: 'json' }],
  ['a bad gateway', { kind: 'http', status: 502, body: 'html' }],
  ['an empty 403', { kind: 'http', status: 403, body: 'empty' }],
  ['maintenance', { kind: 'maintenance' }],
  ['throttling', { kind: 'code', code: '200002' }],
  ['a system error', { kind: 'code', code: '500000', retry: false }],
  ['a timestamp refused', { kind: 'code', code: '400002' }],
];

test.each(transient)('a single %s costs one more request and nothing else', async (_what, fault) => {
  const client = connect();
  simulator.faults.next('*', fault);
  expect((await client.queryAlgorithms(CALL)).rows).toEqual(simulator.world.algorithms(scope.account));
  expect(client.requestCount()).toBe(2);
});

test.each<[string, Fault]>([
  ['gzip', { kind: 'gzip' }],
  ['a byte order mark', { kind: 'bom' }],
  ['another content type', { kind: 'content-type', value: 'text/html' }],
])('%s costs no further request', async (_what, fault) => {
  const client = connect();
  simulator.faults.next('*', fault);
  expect((await client.queryAlgorithms(CALL)).rows).toEqual(simulator.world.algorithms(scope.account));
  expect(client.requestCount()).toBe(1);
});

test.each([
  ['key', { apiKey: 'wrong' }],
  ['secret', { apiSecret: 'wrong' }],
  ['passphrase', { apiPassphrase: 'wrong' }],
])('a wrong %s stops the account at the first answer', async (_what, credentials) => {
  for (const errorStyle of ['http', 'http200'] as const) {
    simulator.quirks.errorStyle = errorStyle;
    const client = connect(credentials);
    await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
      code: 'pool.unauthorized',
      retry: 'never-account',
    });
    expect(client.requestCount()).toBe(1);
  }
  simulator.quirks.errorStyle = 'http200';
});

test('a scope that the pool refuses is not retried', async () => {
  const client = connect();
  const query = { puid: 1n as Puid, algo: 'NoSuchAlgo', startMs: 0, endMs: 1, currentPage: 1, pageSize: 50 };
  await expect(client.queryEarnings(query, CALL)).rejects.toMatchObject({
    code: 'pool.parameter',
    retry: 'never-scope',
  });
  expect(client.requestCount()).toBe(1);
});

test('P8 malformed items are quarantined among sound rows', async () => {
  const at = Date.now() - HOUR_MS;
  simulator.world.insertRaw('earnings', scope, at, '{"amount":"0.1234567890123456789","currency":"BTC"}');
  const client = connect();
  const query = { puid: puid(), algo: scope.algo, startMs: at - 1, endMs: at, currentPage: 1, pageSize: 100 };
  const page = await client.queryEarnings(query, CALL);
  expect(page.unreadable).toEqual([
    {
      raw: '{"amount":"0.1234567890123456789","currency":"BTC"}',
      reason: expect.stringMatching(
        /^amount has 19 decimals .*miningDate is missing; status is missing$/,
      ) as string,
    },
  ]);
});
