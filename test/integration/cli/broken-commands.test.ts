import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();

/** A proxy to the database that cuts all connections at the n-th message of its clients. */
async function startBrokenWay(n: number): Promise<{ url: string; messages: () => number; server: Server }> {
  const target = new URL(database.url);
  let messages = 0;
  const server = createServer((socket) => {
    const onward = connect({ host: target.hostname, port: Number(target.port) });
    for (const end of [socket, onward]) end.on('error', () => undefined);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
    onward.pipe(socket);
    socket.on('data', (bytes) => {
      messages += 1;
      if (messages === n) socket.destroy();
      else onward.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(database.url);
  url.port = String((server.address() as AddressInfo).port);
  return { url: url.href, messages: () => messages, server };
}

async function listQuarantine(cutAt: number) {
  const way = await startBrokenWay(cutAt);
  const end = await runCliInProcess(['quarantine', 'list'], { DATABASE_URL: way.url });
  // An unhandled rejection fails the test; Node reports it after the microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => way.server.close(resolve));
  return { ...end, messages: way.messages() };
}

test('a command whose connection breaks says so and ends', async () => {
  const whole = await listQuarantine(Infinity);
  expect(whole.code).toBe(0);
  for (let n = 1; n <= whole.messages; n += 1) {
    const { code, stderr } = await listQuarantine(n);
    // A cut while the connection closes, or one that the driver repairs, stays unnoticed.
    if (code !== 0) expect([n, code, stderr]).toEqual([n, 1, expect.stringMatching(/database|PostgreSQL/)]);
  }
}, 60_000);
