import { algorithmsEndpoint } from '../../../src/kucoin/endpoints/algorithms';
import { accountIncomeEndpoint } from '../../../src/kucoin/endpoints/account-income';
import { subAccountIncomeEndpoint } from '../../../src/kucoin/endpoints/sub-account-income';
import { subAccountsEndpoint } from '../../../src/kucoin/endpoints/sub-accounts';
import { workerDetailsEndpoint } from '../../../src/kucoin/endpoints/worker-details';
import { workersEndpoint } from '../../../src/kucoin/endpoints/workers';
import type { Endpoint } from '../../../src/kucoin/endpoint';
import { parseJson } from '../../../src/kucoin/json';
import type { Puid, WorkerId } from '../../../src/domain/ids';
import { codeOf } from './error-code';

const NOW = Date.UTC(2026, 10, 22);

function read<Query, Answer>(endpoint: Endpoint<Query, Answer>, query: Query, data: string): Answer {
  return endpoint.read(parseJson(data), { query, poolNowMs: NOW, answeredAtMs: NOW });
}

const asked = { puid: 1n as Puid, algo: 'SHA256d', status: 'ACTIVE', currentPage: 2, pageSize: 50 } as const;
const WORKER = '{"workerId":9223372036854775807,"workerName":"001","realHashRate":1,"hashUnit":"H"}';
const pageOf = (fields: string): string => `{"items":[${WORKER}],${fields}}`;

test('page fields may be numbers or texts', () => {
  const page = read(workersEndpoint, asked, pageOf('"currentPage":"2","pageSize":"10","totalNum":"100"'));
  expect(page).toMatchObject({ currentPage: 2, pageSize: 10, totalNum: 100, answeredAtMs: NOW });
  expect(page.rows[0]!.workerId).toBe(9223372036854775807n);
});

test('the page size that was served is reported', () => {
  expect(read(workersEndpoint, asked, pageOf('"currentPage":2,"pageSize":20,"totalNum":100')).pageSize).toBe(
    20,
  );
  expect(read(workersEndpoint, asked, pageOf('"currentPage":2,"totalNum":100')).pageSize).toBe(50);
});

test.each([
  ['a later page', pageOf('"currentPage":3,"pageSize":10,"totalNum":100'), 'it is page 3, asked was page 2'],
  ['a negative total', pageOf('"currentPage":2,"pageSize":10,"totalNum":-1'), 'totalNum is -1'],
  ['half a row', pageOf('"currentPage":2,"pageSize":10,"totalNum":1.5'), 'totalNum is 1.5'],
  ['a list', '[1]', 'data is a list, not a page'],
  ['a number', '0', 'data is a number, not a page'],
  ['no items and no total', '{"currentPage":2}', 'items is missing, with totalNum missing'],
  ['items of a kind', '{"currentPage":2,"totalNum":0,"items":{}}', 'items is an object'],
])('P2 a page with %s is malformed, not empty', (_what, data, message) => {
  expect(() => read(workersEndpoint, asked, data)).toThrow(message);
  expect(codeOf(() => read(workersEndpoint, asked, data))).toBe('pool.malformed');
});

test('P2 a missing count is null, and a repeated page has no rows', () => {
  expect(read(workersEndpoint, asked, pageOf('"currentPage":2,"pageSize":10'))).toMatchObject({
    totalNum: null,
  });
  expect(read(workersEndpoint, asked, pageOf('"totalNum":null'))).toMatchObject({
    rows: [{}],
    totalNum: null,
  });
  const earlier = read(workersEndpoint, asked, pageOf('"currentPage":1,"pageSize":10,"totalNum":100'));
  expect(earlier).toMatchObject({ currentPage: 2, rows: [], unreadable: [], totalNum: 100 });
});

test.each(['null', '{}', '[]', '""'])('a page whose data is %s has no rows, and no count', (data) => {
  expect(read(workersEndpoint, asked, data)).toMatchObject({ rows: [], unreadable: [], totalNum: null });
});

test('P2 items may be null if there are none', () => {
  const noItems = (totalNum: number): string => `{"items":null,"pageSize":10,"totalNum":${totalNum}}`;
  const first = { ...asked, currentPage: 1 };
  expect(read(workersEndpoint, first, noItems(0))).toMatchObject({ rows: [], totalNum: 0 });
  expect(() => read(workersEndpoint, first, noItems(7))).toThrow('items is null, with totalNum 7');
  // Only a read of all pages can tell whether this one is beyond the last.
  expect(read(workersEndpoint, asked, noItems(7))).toMatchObject({ rows: [], totalNum: 7 });
  expect(() => read(workersEndpoint, asked, '{"items":null}')).toThrow('totalNum missing');
});

test('P2 the first page may be number 0', () => {
  const first = { ...asked, currentPage: 1 };
  const page = read(workersEndpoint, first, pageOf('"currentPage":0,"pageSize":10,"totalNum":1'));
  expect(page).toMatchObject({ currentPage: 1, rows: [{}], totalNum: 1 });
});

test('an id beyond 2^63 - 1, negative or missing is quarantined', () => {
  const data =
    '{"currentPage":2,"totalNum":4,"items":[{"workerId":9223372036854775808},{"workerId":-1},{},{"workerId":"12"}]}';
  const page = read(workersEndpoint, asked, data);
  expect(page.rows.map((row) => row.workerId)).toEqual([12n]);
  expect(page.unreadable.map((row) => row.reason)).toEqual([
    'workerId is 9223372036854775808, not an id from 0 to 2^63 - 1',
    'workerId is -1, not an id from 0 to 2^63 - 1',
    'workerId is missing',
  ]);
});

test('a sub-account keeps its three rates and its unit', () => {
  const listing = read(
    subAccountsEndpoint,
    undefined,
    '[{"puid":"7","pname":"test","defaultAlgo":"SHA256d","hashUnit":"GH","realHashRate":"1.5","hourHashRate":2,' +
      '"dayHashRate":"","vip":true}]',
  );
  expect(listing.rows).toEqual([
    {
      puid: 7n,
      pname: 'test',
      defaultAlgo: 'SHA256d',
      realHps: '1500000000',
      hourHps: '2000000000',
      dayHps: null,
      hashUnit: 'GH',
      extra: '{"vip":true}',
    },
  ]);
});

test('rates without a known unit are all kept raw', () => {
  const { rows } = read(
    subAccountsEndpoint,
    undefined,
    '[{"puid":1,"pname":"","realHashRate":1,"dayHashRate":2,"hashUnit":"Sol"}]',
  );
  expect(rows[0]).toMatchObject({
    realHps: null,
    hashUnit: 'Sol',
    extra: '{"realHashRate":1,"dayHashRate":2}',
  });
});

test.each(['{}', '"x"', '5'])('a list of sub-accounts that is %s is malformed, not empty', (data) => {
  expect(codeOf(() => read(subAccountsEndpoint, undefined, data))).toBe('pool.malformed');
});

test('algorithms keep any name; other items are quarantined', () => {
  const listing = read(algorithmsEndpoint, undefined, '["SHA256d","Neu",7,null,"",{}]');
  expect(listing.rows).toEqual(['SHA256d', 'Neu', '7']);
  expect(listing.unreadable.map(({ raw }) => raw)).toEqual(['null', '""', '{}']);
});

test.each(['null', '""', '{}', '[]'])('a worker that the pool calls %s is unknown', (data) => {
  const query = { puid: 1n as Puid, algo: 'SHA256d', workerId: 5n as WorkerId };
  expect(read(workerDetailsEndpoint, query, data)).toMatchObject({ rows: [], unreadable: [] });
});

test('an answer about another worker is malformed', () => {
  const query = { puid: 1n as Puid, algo: 'SHA256d', workerId: 5n as WorkerId };
  expect(read(workerDetailsEndpoint, query, '{"workerId":5,"status":"ACTIVE"}').rows[0]).toMatchObject({
    workerId: 5n,
    workerName: '',
    status: 'ACTIVE',
  });
  expect(() => read(workerDetailsEndpoint, query, '{"workerId":6}')).toThrow('it is worker 6, asked was 5');
  expect(() => read(workerDetailsEndpoint, query, '"none"')).toThrow('data is a text, not a worker');
});

test.each([
  ['12', ['12'], 0],
  ['"0.1234567890123456789012"', [], 1],
  ['"12.5"', ['12.5'], 0],
  ['null', [], 0],
  ['{}', [], 1],
])('an accumulated income of %s is read as %j', (data, rows, unreadable) => {
  const listing = read(accountIncomeEndpoint, 'BTC', data);
  expect(listing.rows).toEqual(rows);
  expect(listing.unreadable).toHaveLength(unreadable);
});

test('accumulated income of sub-accounts is read', () => {
  const listing = read(
    subAccountIncomeEndpoint,
    'BTC',
    '[{"puid":1,"pname":"test","amount":0.1},{"puid":2,"amount":"2"},{}]',
  );
  expect(listing.rows).toEqual([
    { puid: 1n, pname: 'test', amount: '0.1' },
    { puid: 2n, pname: null, amount: '2' },
  ]);
  expect(listing.unreadable).toEqual([{ raw: '{}', reason: 'puid is missing; amount is missing' }]);
  expect(read(subAccountIncomeEndpoint, 'BTC', 'null').rows).toEqual([]);
});
