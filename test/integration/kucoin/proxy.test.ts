import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { DEFAULT_TIMEOUTS } from '../../../src/kucoin';
import { createTransport, type TransportOptions } from '../../../src/kucoin/transport';
import { createWebhook } from '../../../src/alerts/webhook';
import { ConnectProxy } from '../../support/connect-proxy';
import { LOCALHOST_CERTIFICATE } from './localhost-certificate';
import { answer, CALL, createTestClient, startScriptedPool, success } from './scripted-pool';

const PASSWORD = 'p:ss w/rd';
const SIGNAL = new AbortController().signal;
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close();
});

async function openProxy(tls?: typeof LOCALHOST_CERTIFICATE): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.listen(tls);
  opened.push(proxy);
  return proxy;
}

/** A pool that speaks TLS and answers with the requested path, or hangs. */
async function openPool(hangs = false): Promise<string> {
  const server = createServer(LOCALHOST_CERTIFICATE, (request, response) => {
    if (!hangs) response.end(request.url);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  opened.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function transportTo(origin: string, address: string, timeouts: Partial<TransportOptions['timeouts']> = {}) {
  const transport = createTransport({
    origin,
    proxy: new Secret(address),
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    clock: systemClock,
    ca: LOCALHOST_CERTIFICATE.cert,
  });
  opened.push(transport);
  return transport;
}

const loginFor = (proxy: ConnectProxy, scheme = 'http'): string =>
  `${scheme}://user:${encodeURIComponent(PASSWORD)}@localhost:${proxy.port}`;

test.each(['http', 'https'] as const)(
  'the pool is reached by one tunnel through an %s:// proxy',
  async (scheme) => {
    const proxy = await openProxy(scheme === 'https' ? LOCALHOST_CERTIFICATE : undefined);
    const origin = await openPool();
    const transport = transportTo(origin, loginFor(proxy, scheme));
    for (const path of ['/a', '/b', '/c']) {
      const result = await transport.get(path, SIGNAL);
      expect('answer' in result && result.answer.body.toString()).toBe(path);
    }
    expect(proxy.targets).toEqual([new URL(origin).host]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`]);
  },
);

test('P6 a cancelled request through a proxy is reset', async () => {
  const proxy = await openProxy();
  const transport = transportTo(await openPool(true), loginFor(proxy), { totalMs: 400 });
  const result = await transport.get('/', SIGNAL);
  expect('error' in result && result.error.code).toBe('pool.timeout');
  while (proxy.ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(proxy.ends[0]).toBe('ECONNRESET');
});

test('P6 a request through a proxy uses one permit', async () => {
  const proxy = await openProxy();
  const pool = await startScriptedPool((_request, response) => answer(response, success('["SHA256d"]')));
  const client = createTestClient(pool.url.replace('127.0.0.1', 'localhost'), {
    proxy: new Secret(`http://localhost:${proxy.port}`),
    retries: { attempts: 3 },
  });
  expect((await client.queryAlgorithms(CALL)).rows).toEqual(['SHA256d']);
  await client.queryAlgorithms(CALL);
  expect([client.pacer.used, client.pacer.answered, pool.paths.length]).toEqual([2, 2, 2]);
  await pool.close();
  proxy.mode = { kind: 'status', status: '502 Bad Gateway' };
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'pool.unreachable' });
  expect([client.pacer.used, client.pacer.answered]).toEqual([5, 5]);
  // The first of the three used the existing tunnel, whose pool had just closed it.
  expect(proxy.targets).toHaveLength(3);
});

const HTML = '<html><h1>Welcome to the company</h1></html>';

test.each<[string, ConnectProxy['mode'], RegExp]>([
  [
    'wants a password',
    { kind: 'status', status: '407 Proxy Authentication Required', body: HTML },
    /^The proxy at http:\/\/localhost:\d+ wants a user and a password \(HTTP 407\)\.$/,
  ],
  [
    'forbids the host',
    { kind: 'status', status: '403 Forbidden', body: HTML },
    /^The proxy at \S+ does not connect to the pool \(HTTP 403\)\.$/,
  ],
  [
    'is a web server',
    { kind: 'status', status: '400 Bad Request', body: HTML },
    /^The proxy at \S+ does not connect to the pool \(HTTP 400\)\.$/,
  ],
  ['cannot reach the pool', { kind: 'status', status: '504 Gateway Timeout' }, /HTTP 504/],
  [
    'answers no HTTP',
    { kind: 'raw', bytes: 'SSH-2.0-OpenSSH_9.2\r\n' },
    /^The proxy at \S+ answered something that is not HTTP/,
  ],
  [
    'answers with a page',
    { kind: 'raw', bytes: `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n${HTML}` },
    /^The pool at \S+ \(through the proxy \S+\) could not prove its identity/,
  ],
  ['says nothing', { kind: 'silent' }, /^The proxy at \S+ does not accept a connection in time/],
])('a proxy that %s is named, with what to do', async (_, mode, sentence) => {
  const proxy = await openProxy();
  proxy.mode = mode;
  const transport = transportTo(await openPool(), `http://localhost:${proxy.port}`, { connectMs: 500 });
  const result = await transport.get('/?key=secret', SIGNAL);
  if (!('error' in result)) throw new Error('It was let through.');
  expect(result.error.message).toMatch(sentence);
  expect(result.error.retry).toBe('backoff');
  expect(result.error.hint).toMatch(/HTTPS_PROXY|proxy/);
});

test('P10 a refused login to a proxy is not shown', async () => {
  const proxy = await openProxy();
  proxy.mode = { kind: 'status', status: '407 Proxy Authentication Required' };
  const result = await transportTo(await openPool(), loginFor(proxy)).get('/', SIGNAL);
  if (!('error' in result)) throw new Error('It was let through.');
  expect(result.error.message).toMatch(/refuses the user or the password in HTTPS_PROXY \(HTTP 407\)/);
  expect(JSON.stringify([result.error.message, result.error.hint, result.error.cause])).not.toMatch(
    /ss w|user@|dXNlcj/,
  );
});

test('an absent proxy is distinguished from an absent pool', async () => {
  const proxy = await openProxy();
  const { port } = proxy;
  await proxy.close();
  opened.length = 0;
  const result = await transportTo(await openPool(), `http://localhost:${port}`).get('/', SIGNAL);
  expect('error' in result && result.error.message).toBe(
    `The proxy at http://localhost:${port} does not answer (connection refused).`,
  );
});

test('the webhook goes through the proxy, too', async () => {
  const proxy = await openProxy();
  const address = new Secret(`http://localhost:${proxy.port}`);
  const plain = createWebhook(new Secret('http://hooks.invalid/x'), { proxy: address });
  expect(await plain.send({})).toBeNull();
  expect(proxy.forwarded).toEqual(['http://hooks.invalid/x']);
  proxy.mode = { kind: 'status', status: '407 Proxy Authentication Required' };
  const encrypted = createWebhook(new Secret('https://hooks.invalid/x'), { proxy: address });
  expect(await encrypted.send({})).toBe('the proxy on the way answered with HTTP 407');
  expect(proxy.targets).toEqual(['hooks.invalid:443']);
});
