import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../src/core/clock';
import { DEFAULT_TIMEOUTS, type Timeouts } from '../../../src/kucoin';
import { answer, CALL, createTestClient, startScriptedPool, success } from './scripted-pool';

const TIMEOUTS: Timeouts = { connectMs: 5_000, headersMs: 200, bodyMs: 200, totalMs: 2_000 };
const ONCE = { attempts: 1 };
const BODY = success('["SHA256d"]');

test.each([
  ['never answers', () => undefined, 'pool.timeout', 'accepted the request but did not answer in time'],
  [
    'stops in the middle',
    (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"code"'),
    'pool.timeout',
    'stopped sending in the middle',
  ],
  [
    'never stops sending',
    (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write(' '), 50);
      socket.on('close', () => clearInterval(timer));
    },
    'pool.timeout',
    'did not complete its answer in time',
  ],
  ['resets', (socket: Socket) => socket.resetAndDestroy(), 'pool.unreachable', 'the connection was'],
  ['hangs up', (socket: Socket) => socket.end(), 'pool.unreachable', 'the connection was closed'],
  [
    'breaks off',
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"code"'),
    'pool.unreachable',
    'the connection was closed',
  ],
  ['speaks something else', (socket: Socket) => socket.end('SSH-2.0-x\r\n'), 'pool.malformed', 'not HTTP'],
])('a server that %s is reported, and the socket is closed', async (_what, act, code, message) => {
  const closed: Promise<unknown>[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    closed.push(once(socket, 'close').catch(() => undefined));
    socket.once('data', () => act(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = createTestClient(`http://127.0.0.1:${port}`, {
    timeouts: { ...TIMEOUTS, totalMs: 600 },
    retries: ONCE,
  });
  const error: unknown = await client.queryAlgorithms(CALL).catch((e: unknown) => e);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string });
  expect(client.pacer).toMatchObject({ acquired: 1, used: 1, answered: 1 });
  await Promise.all(closed);
  server.close();
});

test('P6 the connection of a cancelled request is reset', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ended = new Promise<string>((resolve) => {
    server.once('connection', (socket) => {
      socket.on('data', () => undefined);
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.once('end', () => resolve('closed in good order'));
    });
  });
  const client = createTestClient(`http://127.0.0.1:${port}`, { timeouts: TIMEOUTS, retries: ONCE });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'pool.timeout' });
  expect(await ended).toBe('ECONNRESET');
  server.close();
});

test.each(['monotonicMs', 'now'] as const)(
  'P6 a process frozen while it connected sends nothing (%s)',
  async (read) => {
    const pool = await startScriptedPool((_request, response) => answer(response, BODY));
    let frozenMs = 0;
    const clock = { ...systemClock, [read]: () => systemClock[read]() + frozenMs };
    const client = createTestClient(pool.url, { clock, retries: { attempts: 2 } });
    // The connection begins after this, and stands in a later turn of the event loop.
    const onDispatch = (): void => process.nextTick(() => (frozenMs = DEFAULT_TIMEOUTS.totalMs));
    await client.queryAlgorithms({ ...CALL, onDispatch });
    expect(client.attempts.map(({ outcome }) => outcome)).toEqual(['pool.timeout', 'ok']);
    expect(pool.paths).toHaveLength(1);
    expect(client.pacer).toMatchObject({ used: 2, answered: 2 });
  },
);

test('a refused connection is reported with the address', async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const client = createTestClient(`http://127.0.0.1:${port}`, { retries: ONCE });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
    code: 'pool.unreachable',
    message: `The pool at http://127.0.0.1:${port} does not answer (connection refused).`,
  });
});

test('an unknown host name is unreachable', async () => {
  const client = createTestClient('http://pool.invalid', { retries: ONCE });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'pool.unreachable' });
});

test('a server without TLS is reported', async () => {
  const pool = await startScriptedPool((_request, response) => answer(response, BODY));
  const client = createTestClient(pool.url.replace('http:', 'https:'), { retries: ONCE });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'pool.tls' });
});

test.each(['before the headers', 'in the body', 'while waiting to retry', 'while waiting for a permit'])(
  'an abort %s ends the call at once',
  async (when) => {
    const controller = new AbortController();
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const pool = await startScriptedPool((_request, response) => {
      arrived();
      if (when === 'in the body') response.write('{');
      if (when === 'while waiting to retry') answer(response, '', { status: 500 });
    });
    const client = createTestClient(pool.url, {
      retries: { backoff: { firstDelayMs: 60_000, maxDelayMs: 60_000, factor: 1 } },
    });
    if (when === 'while waiting for a permit')
      client.pacer.acquire = ({ signal }: { signal?: AbortSignal }) => {
        arrived();
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () =>
            reject(Object.assign(new Error('aborted'), { code: 'aborted' })),
          );
        });
      };
    const call = client.queryAlgorithms({ priority: 1, signal: controller.signal });
    await arrival;
    if (when === 'while waiting to retry') await waitFor(() => client.attempts.length === 1);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    expect(client.pacer.answered).toBe(client.pacer.used);
  },
);

test('closing aborts running calls and sends nothing later', async () => {
  const pool = await startScriptedPool(() => undefined);
  const client = createTestClient(pool.url);
  const call = client.queryAlgorithms(CALL).catch((error: unknown) => error);
  await waitFor(() => pool.paths.length === 1);
  await client.close();
  expect(await call).toMatchObject({ code: 'aborted' });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'aborted' });
  expect(pool.paths).toHaveLength(1);
});

test('P6 each attempt has a permit; an expired one sends nothing', async () => {
  const pool = await startScriptedPool((_request, response, n) =>
    n < 3 ? answer(response, '', { status: 500 }) : answer(response, BODY),
  );
  const client = createTestClient(pool.url);
  const log: string[] = [];
  let expired = 2;
  client.pacer.acquire = () => {
    log.push('acquire');
    return Promise.resolve({
      use: () => {
        log.push(expired > 0 ? 'expired' : `use@${pool.paths.length}`);
        return expired-- <= 0;
      },
      answered: () => {
        log.push(`answered@${pool.paths.length}`);
      },
    });
  };
  await client.queryAlgorithms(CALL);
  expect(log).toEqual([
    'acquire',
    'expired',
    'answered@0',
    'acquire',
    'expired',
    'answered@0',
    'acquire',
    'use@0',
    'answered@1',
    'acquire',
    'use@1',
    'answered@2',
    'acquire',
    'use@2',
    'answered@3',
  ]);
});

/** Polls a condition that a server's or client's callback makes true. */
async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
