import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { askQueue } from '../../../jobs/ask-queue';
import { openRedisBackend } from '../../../jobs/backends/redis';
import { reportFailure } from '../../../src/cli/failure';
import { REDIS_PERMISSIONS } from '../../../src/core/redis-errors';
import { Secret } from '../../../src/core/secret';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { runCliInProcess } from '../../support/cli-in-process';
import { eventually } from '../../support/eventually';
import { StoppableRedis } from '../../support/jobs/redis-server';
import { describeRedis } from '../../support/redis';
import { useTestDatabase } from '../../support/test-database';
import { findFreePort } from '../../support/test-run';
import { LOCALHOST_CERTIFICATE } from '../kucoin/localhost-certificate';

const silent = () => undefined;
jest.setTimeout(60_000);

/** All documented rights except one. */
const without = (command: string) => `on >right ${REDIS_PERMISSIONS} -${command}`;

/** The settings, the address, and the message. `ACL` lines make the user `kpool`. */
const REFUSED: readonly (readonly [situation: string, set: string, path: string, said: RegExp])[] = [
  ['no password', 'ACL SETUSER default resetpass', '', /asks for a password.*redis:\/\/user:password@/s],
  [
    'a wrong password',
    `ACL SETUSER kpool ${without('flushall')}`,
    'kpool:wrong',
    /refuses the user or the password/,
  ],
  ['an unknown user', 'PING', 'nobody:right', /refuses the user or the password/],
  ['no right to INFO', `ACL SETUSER kpool ${without('info')}`, 'kpool:right', /'info'.*ACL SETUSER/s],
  [
    'no right to scripts',
    `ACL SETUSER kpool ${without('@scripting')}`,
    'kpool:right',
    /'eval(sha)?'.*ACL SETUSER/s,
  ],
  ['no right to a command in a script', `ACL SETUSER kpool ${without('xadd')}`, 'kpool:right', /ACL SETUSER/],
  ['no right to wait for a job', `ACL SETUSER kpool ${without('bzpopmin')}`, 'kpool:right', /ACL SETUSER/],
  [
    'no right to the keys',
    `ACL SETUSER kpool on >right ~other* +@all`,
    'kpool:right',
    /ACL SETUSER.*~kpool\*/s,
  ],
  ['a database number too high', 'PING', '/99', /no database of that number/],
  ['keys that may be evicted', 'CONFIG SET maxmemory-policy allkeys-lru', '', /maxmemory-policy noeviction/],
  ['a replica', 'REPLICAOF 127.0.0.1 1', '', /read-only replica.*primary/s],
];
const RESET = [
  'CONFIG SET maxmemory-policy noeviction',
  'REPLICAOF NO ONE',
  'ACL SETUSER default on nopass',
  'ACL DELUSER kpool',
];

let databaseUrl: string;
let simulator: Simulator;
let directory: string;
let server: StoppableRedis;
let tlsPort: number;
let admin: Redis;

async function connectAdmin(): Promise<Redis> {
  const first = new Redis(server.url);
  await first.call('ACL', 'SETUSER', 'admin', 'on', '>right', 'allkeys', 'allchannels', 'allcommands');
  first.disconnect();
  return new Redis(server.url.replace('//', '//admin:right@'));
}

async function set(line: string): Promise<void> {
  const [command = '', ...args] = line.split(' ');
  await admin.call(command, ...args);
}

async function kpool(command: 'check' | 'start', redisUrl: string) {
  const { apiKey, apiSecret, apiPassphrase } = simulator.accounts[0]!;
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_API_KEY: apiKey,
    KUCOIN_POOL_API_SECRET: apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: apiPassphrase,
    HTTP_PORT: '0',
  };
  const { code, stdout, stderr } = await runCliInProcess(
    [command],
    env,
    command === 'start' ? /Jobs run/ : undefined,
  );
  return { code, said: stdout + stderr };
}

/** What check asks and what start asks; both ends are 2 (see the first test), and no message is false. */
async function expectRefusal(redisUrl: string, sentence: RegExp): Promise<void> {
  const url = new Secret(redisUrl);
  const asked = [
    ['check', () => askQueue(new Secret(databaseUrl), url, silent)],
    ['start', () => openRedisBackend(url, 'kpool-1', silent).then((backend) => backend.close())],
  ] as const;
  const refusals = await Promise.all(
    asked.map(([, ask]) =>
      ask().then(
        () => new Error('it was not refused'),
        (reason: unknown) => reason as Error,
      ),
    ),
  );
  for (const [index, error] of refusals.entries()) {
    const command = asked[index]![0];
    const { exitCode, text } = reportFailure(error, { withStack: false, scrub: (said) => said });
    expect([command, exitCode, text]).toEqual([command, 2, expect.stringMatching(sentence)]);
    expect(text).not.toMatch(/cannot be reached|bug in kpool/);
  }
}

describeRedis('what the jobs need of Redis', () => {
  const database = useTestDatabase();
  beforeAll(async () => {
    databaseUrl = database.url;
    simulator = await createSimulator({
      seed: 7,
      startAt: Date.now(),
      rateLimit: null,
      world: { subAccountsPerAccount: 1, days: 2, workersPerSubAccount: 1, algorithms: ['SHA256d'] },
    });
    directory = await mkdtemp(join(tmpdir(), 'kpool-redis-'));
    const files = {
      'tls-cert-file': join(directory, 'cert.pem'),
      'tls-key-file': join(directory, 'key.pem'),
    };
    await writeFile(files['tls-cert-file'], LOCALHOST_CERTIFICATE.cert);
    await writeFile(files['tls-key-file'], LOCALHOST_CERTIFICATE.key);
    tlsPort = await findFreePort();
    server = await StoppableRedis.create(directory);
    await server.start({ 'tls-port': tlsPort, 'tls-auth-clients': 'no', ...files });
    admin = await connectAdmin();
  });
  afterEach(async () => {
    for (const line of RESET) await set(line);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.stop('SIGKILL');
    await simulator.close();
    await rm(directory, { recursive: true });
  });

  describe('a Redis that kpool check and kpool start refuse', () => {
    test('ends both with 2 and the same message', async () => {
      await set('ACL SETUSER default resetpass');
      for (const command of ['check', 'start'] as const) {
        const { code, said } = await kpool(command, server.url);
        expect([command, code, said]).toEqual([command, 2, expect.stringContaining('asks for a password')]);
      }
    });

    test.each(REFUSED)('is reported for %s', async (_situation, setting, path, said) => {
      await set(setting);
      const url = path.startsWith('/')
        ? `${server.url}${path}`
        : server.url.replace('//', path === '' ? '//' : `//${path}@`);
      await expectRefusal(url, said);
    });

    test('is reported for a certificate of an unknown issuer', () =>
      expectRefusal(
        `rediss://localhost:${tlsPort}`,
        /certificate that is not trusted.*NODE_EXTRA_CA_CERTS/s,
      ));

    test('is reported for a port without TLS', async () => {
      const own = await mkdtemp(join(tmpdir(), 'kpool-redis-locked-'));
      const locked = await StoppableRedis.create(own);
      await locked.start();
      const client = new Redis(locked.url);
      await client.config('SET', 'requirepass', 'right');
      client.disconnect();
      try {
        // With and without a password: each is asked until its time limit.
        await Promise.all(
          [server, locked].map(({ url }) =>
            expectRefusal(
              url.replace('redis://127.0.0.1', 'rediss://localhost'),
              /does not speak TLS at that port.*redis:\/\//s,
            ),
          ),
        );
      } finally {
        await locked.stop('SIGKILL');
        await rm(own, { recursive: true });
      }
    });

    test('is reported for a cluster', async () => {
      const own = await mkdtemp(join(tmpdir(), 'kpool-redis-cluster-'));
      const cluster = await StoppableRedis.create(own);
      await cluster.start({ 'cluster-enabled': 'yes' });
      try {
        await expectRefusal(cluster.url, /part of a cluster.*single server|cluster-enabled no/s);
      } finally {
        await cluster.stop('SIGKILL');
        await rm(own, { recursive: true });
      }
    });

    test('is reported for a version too old for BullMQ', async () => {
      const old = await startOldRedis();
      try {
        await expectRefusal(
          `redis://127.0.0.1:${(old.address() as AddressInfo).port}`,
          /too old.*4\.0\.9.*6\.2/s,
        );
      } finally {
        old.close();
      }
    });
  });

  describe('a Redis that kpool check and kpool start accept', () => {
    test('may have only the rights of the hint, and keeps nothing', async () => {
      await set(`ACL SETUSER kpool ${without('flushall')}`);
      const url = server.url.replace('//', '//kpool:right@');
      for (const command of ['check', 'start'] as const) {
        const { code, said } = await kpool(command, url);
        expect([command, code, said]).toEqual([command, 0, expect.not.stringMatching(/NOPERM|ACL|FAIL/)]);
      }
      expect(await admin.keys('*trial*')).toEqual([]);
    });

    test('is waited for while it loads its data', async () => {
      const pipeline = admin.pipeline();
      for (let key = 0; key < 1_500; key += 1) pipeline.set(`other:${key}`, 'x'.repeat(200));
      await pipeline.exec();
      admin.disconnect();
      await server.stop('SIGTERM');
      const started = server.start({
        'key-load-delay': 1_000,
        'loading-process-events-interval-bytes': 1_024,
      });
      await eventually('it listens', 10_000, () => answers(Number(new URL(server.url).port)));
      const lines: string[] = [];
      await askQueue(new Secret(databaseUrl), new Secret(server.url), (line) => lines.push(line));
      await started;
      admin = await connectAdmin();
      expect(lines).toEqual([expect.stringContaining('is loading its data; waiting for it.')]);
    });
  });
});

async function answers(port: number): Promise<true | null> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

/** Answers as a Redis 4 does until its version is known. */
async function startOldRedis(): Promise<Server> {
  const info = 'redis_version:4.0.9\r\nloading:0\r\n';
  const old = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      for (const [, name = ''] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        const command = name.toUpperCase();
        if (command === 'INFO') socket.write(`$${info.length}\r\n${info}\r\n`);
        else socket.write(command === 'HELLO' ? "-ERR unknown command 'HELLO'\r\n" : '+OK\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
  return old;
}
