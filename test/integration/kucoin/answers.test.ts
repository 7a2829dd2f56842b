import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { isKpoolError } from '../../../src/core/errors';
import type { Puid, WorkerId } from '../../../src/domain/ids';
import type { AnswerOptions } from './scripted-pool';
import { answer, CALL, createTestClient, failure, page, startScriptedPool, success } from './scripted-pool';

/** Serves one body to every request and asks for the algorithms. */
async function algorithmsFrom(body: string | Buffer, options: AnswerOptions = {}) {
  const pool = await startScriptedPool((_request, response) => answer(response, body, options));
  const client = createTestClient(pool.url);
  return client.queryAlgorithms(CALL).then(
    ({ rows }) => ({ rows, requests: pool.paths.length, code: null, message: '' }),
    (error: unknown) => {
      if (!isKpoolError(error)) throw error;
      return { rows: null, requests: pool.paths.length, code: error.code, message: error.message };
    },
  );
}

const BODY = success('["SHA256d"]');

test.each([
  ['plain', BODY, {}],
  ['with a byte order mark', `\uFEFF${BODY}`, {}],
  ['gzip', gzipSync(BODY), { 'content-encoding': 'gzip' }],
  ['deflate', deflateSync(BODY), { 'content-encoding': 'deflate' }],
  ['raw deflate', deflateRawSync(BODY), { 'content-encoding': 'deflate' }],
  ['brotli', brotliCompressSync(BODY), { 'content-encoding': 'br' }],
  ['packed twice', gzipSync(deflateSync(BODY)), { 'content-encoding': 'deflate, gzip' }],
  ['of another content type', BODY, { 'content-type': 'text/plain' }],
  [
    'with code 200000 and retry',
    BODY.replace('"200"', '200000').replace('"retry":false', '"retry":true'),
    {},
  ],
])('an answer %s is read', async (_what, body, headers) => {
  expect(await algorithmsFrom(body, { headers })).toMatchObject({ rows: ['SHA256d'], requests: 1 });
});

test.each([
  ['empty', '', {}, 'it is empty (HTTP 200, application/json, 0 bytes)'],
  [
    'HTML',
    '<html>\n <b>hi</b>',
    { 'content-type': 'text/html' },
    'text/html, 17 bytes) and begins “<html> <b>hi</b>”',
  ],
  ['cut off', BODY.slice(0, -2), {}, 'begins “{"success":true'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 'it is not a complete envelope'],
  ['with two byte order marks', `\uFEFF\uFEFF${BODY}`, {}, 'it is not a complete envelope'],
  ['with a key of two values', '{"code":"200","code":"500000"}', {}, 'it is not a complete envelope'],
  ['without a code', '{"data":["SHA256d"]}', {}, 'it is not a complete envelope'],
  ['with a code of null', '{"code":null,"success":true,"data":[]}', {}, 'it is not a complete envelope'],
  ['a list', '["SHA256d"]', {}, 'it is not a complete envelope'],
  [
    'gzip, cut off',
    gzipSync(BODY).subarray(0, -12),
    { 'content-encoding': 'gzip' },
    'it is not a complete envelope',
  ],
  [
    'packed in an unknown way',
    gzipSync(BODY),
    { 'content-encoding': 'zstd' },
    'it is not a complete envelope',
  ],
  ['data of a word', success('"SHA256d"'), {}, 'not a list'],
])('an answer that is %s is malformed after four attempts', async (_what, body, headers, message) => {
  const result = await algorithmsFrom(body, { headers });
  expect(result).toMatchObject({ rows: null, code: 'pool.malformed', requests: 4 });
  expect(result.message).toContain(message);
});

test('null data is an empty list', async () => {
  expect(await algorithmsFrom(success('null'))).toMatchObject({ rows: [], requests: 1 });
});

test('a huge answer is refused before it fills the memory', async () => {
  const huge = `"${'x'.repeat(17 * 1024 * 1024)}"`;
  expect(await algorithmsFrom(huge)).toMatchObject({ code: 'pool.too-large', requests: 1 });
  expect(await algorithmsFrom(gzipSync(huge), { headers: { 'content-encoding': 'gzip' } })).toMatchObject({
    code: 'pool.too-large',
    requests: 1,
  });
});

test.each([
  [200, failure('400100'), 'pool.parameter', 1],
  [401, '', 'pool.unauthorized', 1],
  [200, failure('400003'), 'pool.unauthorized', 1],
  [401, failure('400004'), 'pool.unauthorized', 1],
  [400, failure('400001'), 'pool.missing-credentials', 1],
  [404, '<html>', 'pool.not-found', 1],
  [405, '', 'pool.not-found', 1],
  [415, '', 'pool.parameter', 1],
  [500, failure('500000'), 'pool.server-error', 4],
  [503, '<html>', 'pool.maintenance', 4],
  [200, failure('777'), 'pool.unknown-code', 1],
  [200, failure('777', true), 'pool.server-error', 4],
  [200, success('[]').replace('true', 'false'), 'pool.unknown-code', 1],
])('HTTP %i with %s is %s after %i requests', async (status, body, code, requests) => {
  expect(await algorithmsFrom(body, { status })).toMatchObject({ code, requests });
});

test('credentials never follow a redirect', async () => {
  const other = await startScriptedPool((_request, response) => answer(response, BODY));
  for (const status of [301, 302, 303, 307, 308]) {
    const result = await algorithmsFrom('', {
      status,
      headers: { location: `${other.url}/elsewhere?secret` },
    });
    expect(result).toMatchObject({ code: 'pool.redirected', requests: 1 });
    expect(result.message).toContain(other.url);
    expect(result.message).not.toContain('secret');
  }
  expect(other.paths).toEqual([]);
});

test('every endpoint is queried as the specification says', async () => {
  const pool = await startScriptedPool((request, response) => {
    const path = request.url ?? '';
    if (/user\/query|sub-user|algo\/query/.test(path)) answer(response, success('[]'));
    else if (/user\/earn|worker\/get/.test(path)) answer(response, success('null'));
    else answer(response, page([]));
  });
  const client = createTestClient(`${pool.url}/_api/miningpool/`);
  const scope = { puid: 4n as Puid, algo: 'SHA256d' };
  const paging = { currentPage: 1, pageSize: 100 };
  const income = { ...scope, ...paging, startMs: 1646040033139, endMs: 1646040040143 };
  await client.queryAlgorithms(CALL);
  await client.querySubAccounts(CALL);
  await client.queryEarnings(income, CALL);
  await client.queryRewards({ ...income, coinName: 'BTC' }, CALL);
  await client.queryWorkers({ ...scope, ...paging, status: 'ACTIVE' }, CALL);
  await client.getWorker({ ...scope, workerId: 123n as WorkerId }, CALL);
  await client.queryAccountIncome('BTC', CALL);
  await client.querySubAccountIncome('BTC', CALL);
  const asked = pool.paths.map((path) => {
    const url = new URL(path, pool.url);
    for (const name of ['key', 'timestamp', 'passphrase']) {
      expect(url.searchParams.get(name)).toBeTruthy();
      url.searchParams.delete(name);
    }
    return `${url.pathname}${url.search}`.replace('/_api/miningpool/v1/external/', '');
  });
  const span = 'startTime=1646040033139&endTime=1646040040143';
  expect(asked).toEqual([
    'algo/query?version=2',
    'user/query?version=2',
    `earn/query?currentPage=1&pageSize=100&algo=SHA256d&puid=4&${span}&version=2`,
    `reward/query?currentPage=1&pageSize=100&algo=SHA256d&puid=4&${span}&coinName=BTC&version=2`,
    'worker/query?currentPage=1&pageSize=100&algo=SHA256d&puid=4&sortField=WORKER&sort=ASC&status=ACTIVE&version=2',
    'worker/get?currentPage=1&pageSize=10&algo=SHA256d&puid=4&workerId=123&version=2',
    'user/earn?coinName=BTC&version=2',
    'sub-user/earn?coinName=BTC&version=2',
  ]);
  expect(client.requestCount()).toBe(8);
  expect(client.attempts.map(({ outcome, systemCode }) => [outcome, systemCode])).toEqual(
    Array(8).fill(['ok', '200']),
  );
});

test('successive calls share a connection', async () => {
  const pool = await startScriptedPool((_request, response) => answer(response, BODY));
  const client = createTestClient(pool.url);
  for (let i = 0; i < 20; i++) await client.queryAlgorithms(CALL);
  expect(pool.connections()).toBe(1);
  await Promise.all(Array.from({ length: 4 }, () => client.queryAlgorithms(CALL)));
  expect(pool.connections()).toBeLessThanOrEqual(4);
});
