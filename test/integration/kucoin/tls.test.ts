import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '../../../src/core/clock';
import { DEFAULT_TIMEOUTS } from '../../../src/kucoin';
import { createTransport } from '../../../src/kucoin/transport';
import { EXPIRED_CERTIFICATE, LOCALHOST_CERTIFICATE } from './localhost-certificate';
import { CALL, createTestClient } from './scripted-pool';

const ca = LOCALHOST_CERTIFICATE.cert;
const SIGNAL = new AbortController().signal;

test('a certificate of an unknown issuer stops the request', async () => {
  let requests = 0;
  const server = createServer(LOCALHOST_CERTIFICATE, (_request, response) => {
    requests++;
    response.end();
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = createTestClient(`https://localhost:${port}`, { retries: { attempts: 1 } });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
    code: 'pool.tls',
    message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string,
  });
  expect(requests).toBe(0);
  server.close();
});

test.each([
  [
    'of another host',
    LOCALHOST_CERTIFICATE,
    '127.0.0.1',
    'its certificate is of another host, ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  ['that has expired', EXPIRED_CERTIFICATE, 'localhost', 'its certificate has expired, CERT_HAS_EXPIRED'],
])('a certificate %s stops the request and is named', async (_what, pair, host, name) => {
  let requests = 0;
  const server = createServer(pair, (_request, response) => {
    requests++;
    response.end();
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `https://${host}:${port}`;
  const transport = createTransport({
    origin,
    timeouts: DEFAULT_TIMEOUTS,
    clock: systemClock,
    ca: pair.cert,
  });
  const result = await transport.get('/', SIGNAL);
  expect('error' in result && result.error).toMatchObject({
    code: 'pool.tls',
    retry: 'backoff',
    message: `The pool at ${origin} could not prove its identity (${name}).`,
    hint: expect.stringContaining('date of this host') as string,
  });
  expect(requests).toBe(0);
  await transport.close();
  server.close();
});

test('a server that never answers the TLS greeting times out', async () => {
  const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const timeouts = { ...DEFAULT_TIMEOUTS, connectMs: 200 };
  const transport = createTransport({ origin: `https://localhost:${port}`, timeouts, clock: systemClock });
  const result = await transport.get('/', SIGNAL);
  expect('error' in result && result.error).toMatchObject({
    code: 'pool.timeout',
    message: expect.stringContaining('does not accept a connection in time') as string,
  });
  await transport.close();
  server.close();
});

test('answers arrive over TLS on one kept connection', async () => {
  let connections = 0;
  const server = createServer(LOCALHOST_CERTIFICATE, (request, response) => response.end(request.url));
  server.on('secureConnection', () => connections++);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `https://localhost:${port}`;
  const transport = createTransport({ origin, timeouts: DEFAULT_TIMEOUTS, clock: systemClock, ca });
  for (const path of ['/a', '/b', '/c']) {
    const result = await transport.get(path, SIGNAL);
    expect('answer' in result && result.answer.body.toString()).toBe(path);
  }
  expect(connections).toBe(1);
  await transport.close();
  server.close();
});

test('P6 a cancelled request over TLS is reset', async () => {
  const server = createTlsServer(LOCALHOST_CERTIFICATE);
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = new Promise<string>((resolve) => {
    server.once('secureConnection', (socket) => {
      socket.on('data', () => undefined);
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('end', () => resolve('closed in good order'));
    });
  });
  const timeouts = { ...DEFAULT_TIMEOUTS, headersMs: 200 };
  const transport = createTransport({
    origin: `https://localhost:${port}`,
    timeouts,
    clock: systemClock,
    ca,
  });
  const result = await transport.get('/', SIGNAL);
  expect('error' in result && result.error.code).toBe('pool.timeout');
  expect(await ended).toBe('ECONNRESET');
  await transport.close();
  server.close();
});
