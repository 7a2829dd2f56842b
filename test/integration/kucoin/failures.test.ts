import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { KpoolError } from '../../../src/core/errors';
import { DEFAULT_RETRY_POLICY } from '../../../src/kucoin/retry-policy';
import { jumpingClock } from '../../support/jumping-clock';
import { answer, CALL, createTestClient, failure, startScriptedPool, success } from './scripted-pool';

const BODY = success('["SHA256d"]');
/** The delays of the service's retry policy, with 0.5 as the random number. */
const BACKOFF = [750, 1_500, 3_000];
const QUICK = { connectMs: 5_000, headersMs: 100, bodyMs: 100, totalMs: 300 };
/** Longer than a busy machine takes to answer. */
const AMPLE = { connectMs: 5_000, headersMs: 5_000, bodyMs: 5_000, totalMs: 10_000 };

/** Makes one call with the retries of the service. Returns its outcome, its delays and its requests. */
async function callAt(url: string, timeouts = AMPLE) {
  const clock = jumpingClock();
  const client = createTestClient(url, { clock, timeouts, retries: DEFAULT_RETRY_POLICY });
  const outcome = await client.queryAlgorithms(CALL).then(
    ({ rows }) => ({ code: 'ok', retry: null, message: rows.join(), hint: '' }),
    (error: unknown) => {
      if (!(error instanceof KpoolError)) throw error;
      const { code, retry, message, hint = '' } = error;
      return { code, retry, message, hint };
    },
  );
  expect(client.pacer).toMatchObject({ acquired: client.requestCount(), answered: client.requestCount() });
  return { ...outcome, waits: clock.sleeps, requests: client.requestCount() };
}

interface Told {
  readonly code: string;
  readonly retry: string;
  readonly waits: readonly number[];
  readonly message: RegExp;
  readonly hint: RegExp;
}

const AUTOMATICALLY = /retried automatically/;
const serverError = (message: RegExp): Told => ({
  code: 'pool.server-error',
  retry: 'backoff',
  waits: BACKOFF,
  message,
  hint: AUTOMATICALLY,
});
const credentials = (code: string, message: RegExp): Told => ({
  code,
  retry: 'never-account',
  waits: [],
  message,
  hint: /API Management/,
});
const ourMistake = (message: RegExp): Told => ({
  code: 'pool.parameter',
  retry: 'never-scope',
  waits: [],
  message,
  hint: /report it/,
});
const notFound = (message: RegExp): Told => ({
  code: 'pool.not-found',
  retry: 'never-scope',
  waits: [],
  message,
  hint: /KUCOIN_POOL_BASE_URL/,
});
/** Three failures in a row open the circuit. */
const throttled = (message: RegExp): Told => ({
  code: 'pool.throttled',
  retry: 'after',
  waits: [3_000, 6_000],
  message,
  hint: /another program that uses the same API key/,
});
const maintenance: Told = {
  code: 'pool.maintenance',
  retry: 'backoff',
  waits: BACKOFF,
  message: /under maintenance/,
  hint: AUTOMATICALLY,
};

const BY_HTTP_STATUS: readonly (readonly [number, Told])[] = [
  [400, ourMistake(/request is malformed \(HTTP 400\)/)],
  [401, credentials('pool.unauthorized', /refuses the API key.*may look the same/)],
  // The failure may concern only this list: the fourth attempt decides.
  [403, { ...throttled(/too many of them, or forbidden \(HTTP 403\)/), waits: [3_000, 6_000, 12_000] }],
  [404, notFound(/does not know the address/)],
  [405, notFound(/does not answer GET/)],
  [408, { code: 'pool.timeout', retry: 'backoff', waits: BACKOFF, message: /in time/, hint: AUTOMATICALLY }],
  [415, ourMistake(/content type/)],
  [429, throttled(/too often/)],
  [500, serverError(/internal error \(HTTP 500\)/)],
  [502, serverError(/own gateway/)],
  [503, maintenance],
  [504, serverError(/own gateway in time/)],
  [520, serverError(/\(HTTP 520\)/)],
];

test.each(BY_HTTP_STATUS)('HTTP %i is retried and reported as documented', async (status, told) => {
  const pool = await startScriptedPool((_request, response) => answer(response, '<html>', { status }));
  expectTold(await callAt(pool.url), told);
});

const BY_SYSTEM_CODE: readonly (readonly [string, Told])[] = [
  ['200002', throttled(/too often \(HTTP 200, code 200002: “no”\)/)],
  ['400001', credentials('pool.missing-credentials', /does not find the API key/)],
  ['400003', credentials('pool.unauthorized', /does not know the API key/)],
  ['400004', credentials('pool.unauthorized', /a wrong API secret looks exactly the same/)],
  ['400100', ourMistake(/refuses a parameter.*“no”/)],
  ['500000', serverError(/internal error \(HTTP 200, code 500000: “no”\)/)],
];

test.each(
  BY_SYSTEM_CODE.flatMap(([code, told]) => [
    [code, 'text', failure(code), told] as const,
    [code, 'a number, with retry', failure(code, true).replace(`"${code}"`, code), told] as const,
  ]),
)('code %s as %s is retried and reported as documented', async (_code, _form, body, told) => {
  const pool = await startScriptedPool((_request, response) => answer(response, body));
  expectTold(await callAt(pool.url), told);
});

test.each(['"200"', '200', '"200000"', '200000'])(
  'code %s is a success, whatever retry says',
  async (code) => {
    for (const retry of ['true', 'false', '"true"', 'null']) {
      const body = BODY.replace('"200"', code).replace('"retry":false', `"retry":${retry}`);
      const pool = await startScriptedPool((_request, response) => answer(response, body));
      expect(await callAt(pool.url)).toMatchObject({ code: 'ok', message: 'SHA256d', requests: 1 });
    }
  },
);

function expectTold(outcome: Awaited<ReturnType<typeof callAt>>, told: Told): void {
  expect(outcome).toEqual({
    ...told,
    message: expect.stringMatching(told.message) as string,
    hint: expect.stringMatching(told.hint) as string,
    requests: told.waits.length + 1,
  });
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const unreachable = (message: RegExp): Told => ({
  code: 'pool.unreachable',
  retry: 'backoff',
  waits: BACKOFF,
  message,
  hint: /network and KUCOIN_POOL_BASE_URL; it is retried/,
});
const timeout = (message: RegExp): Told => ({
  code: 'pool.timeout',
  retry: 'backoff',
  waits: BACKOFF,
  message,
  hint: AUTOMATICALLY,
});
const malformed = (message: RegExp): Told => ({
  code: 'pool.malformed',
  retry: 'backoff',
  waits: BACKOFF,
  message,
  hint: /prox/,
});

/** What a server does with a request after reading it. */
const BROKEN: readonly (readonly [string, (socket: Socket) => void, Told])[] = [
  ['resets', (socket) => socket.resetAndDestroy(), unreachable(/the connection was/)],
  [
    'resets in the middle of the body',
    (socket) =>
      socket.write(`${HEAD}content-length: 999\r\n\r\n${BODY.slice(0, 9)}`, () => {
        setTimeout(() => socket.resetAndDestroy(), 10);
      }),
    unreachable(/the connection was/),
  ],
  [
    'announces more than it sends',
    (socket) => socket.end(`${HEAD}content-length: ${BODY.length + 1}\r\n\r\n${BODY}`),
    unreachable(/closed before the answer was complete/),
  ],
  [
    'announces less than it sends',
    (socket) => socket.end(`${HEAD}content-length: ${BODY.length - 1}\r\n\r\n${BODY}`),
    malformed(/not a complete envelope|not HTTP/),
  ],
  [
    'breaks off between two chunks',
    (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"cod\r\n`),
    unreachable(/closed before the answer was complete/),
  ],
  [
    'sends a chunk of no size',
    (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n`),
    malformed(/not HTTP/),
  ],
  [
    'sends headers without end',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}\r\n`),
    malformed(/not HTTP/),
  ],
  ['never answers', () => undefined, timeout(/did not answer in time \([\d.]+ s\)/)],
  [
    'drips',
    (socket) => {
      socket.write(`${HEAD}content-length: 99999\r\n\r\n`);
      const timer = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(timer));
    },
    timeout(/did not complete its answer in time \([\d.]+ s\)/),
  ],
];

test.each(BROKEN)('a server that %s is retried and reported as documented', async (_what, act, told) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => undefined);
    socket.once('data', () => act(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // Only those that never finish are waited for to the limit.
  const timeouts = told.code === 'pool.timeout' ? QUICK : AMPLE;
  expectTold(await callAt(`http://127.0.0.1:${port}`, timeouts), told);
  // No connection is used again after a failure.
  expect(connections).toBe(told.waits.length + 1);
  server.close();
});

test('P1 bytes after an answer are not read as the next one', async () => {
  const forged = success('["Forged"]');
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      requests++;
      const whole = `${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY}`;
      const surplus = `${HEAD}content-length: ${forged.length}\r\n\r\n${forged}`;
      socket.write(requests === 1 ? whole + surplus : whole);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createTestClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (let n = 0; n < 3; n++) expect((await client.queryAlgorithms(CALL)).rows).toEqual(['SHA256d']);
  await client.close();
  server.close();
});

test('a host that refuses connections is retried and reported', async () => {
  // A server that never accepts: the system's queue is full after a few connections.
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000));
     });`,
    { eval: true },
  );
  const [port] = (await once(worker, 'message')) as [number];
  const timeouts = { ...QUICK, connectMs: 200, totalMs: 10_000 };
  const calls = Array.from({ length: 5 }, () => callAt(`http://127.0.0.1:${port}`, timeouts));
  const outcomes = await Promise.all(calls);
  const queued = outcomes.filter(({ message }) => message.includes('did not answer'));
  const others = outcomes.filter((outcome) => !queued.includes(outcome));
  expect(others.length).toBeGreaterThan(0);
  for (const outcome of others)
    expectTold(outcome, timeout(/does not accept a connection in time \([\d.]+ s\)/));
  await worker.terminate();
}, 30_000);
