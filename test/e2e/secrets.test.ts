import type { ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../src/simulator';
import { runKpool, type KpoolEnd } from '../support/built-kpool';
import { eventually } from '../support/eventually';
import { headOf } from '../support/head-of';
import { describeRedis } from '../support/redis';
import { findSecrets, type Exhibit } from '../support/secret-forms';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { findFreePort } from '../support/test-run';

jest.setTimeout(240_000);

const DATABASE_PASSWORD = 'pä55 w/rd+&=%:@?';
const WRONG_DATABASE_PASSWORD = 'ander5 w/rd+&=%:@?';
const HTTP_TOKEN = 'token/with+signs=and-length-0123456789';
const WEBHOOK_PART = 'B0/very+secret/hook';

let cwd: string;
let simulator: Simulator;
let database: TestDatabase;
let admin: postgres.Sql;
let webhook: Server;
let env: Record<string, string>;
const exhibits: Exhibit[] = [];
/** The bodies that were sent to the webhook. */
const posted: string[] = [];
const role = `leaky_${randomBytes(4).toString('hex')}`;

function withPassword(password: string): string {
  const url = new URL(database.url);
  return `postgres://${role}:${encodeURIComponent(password)}@${url.host}${url.pathname}`;
}

/** Runs a command and keeps its output. */
async function run(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  onSpawn?: (child: ChildProcess) => void,
): Promise<KpoolEnd> {
  const call = { cwd, env: { ...env, ...more }, ...(onSpawn === undefined ? {} : { onSpawn }) };
  const end = await runKpool(args, call);
  const place = `kpool ${args.join(' ')} ${Object.keys(more).join(' ')}`;
  exhibits.push({ place: `${place}: standard output`, text: end.stdout });
  exhibits.push({ place: `${place}: standard error`, text: end.stderr });
  return end;
}

/** Every row of every table of every schema that is not PostgreSQL's own. */
async function rowsOf(sql: postgres.Sql): Promise<Exhibit[]> {
  const tables = await sql<{ schema: string; name: string }[]>`
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
  const found: Exhibit[] = [];
  for (const { schema, name } of tables) {
    const rows = await sql<{ row: string }[]>`SELECT t::text AS row FROM ${sql(schema)}.${sql(name)} t`;
    found.push({ place: `table ${schema}.${name}`, text: rows.map(({ row }) => row).join('\n') });
  }
  return found;
}

function secretsOf(pool: Pick<Simulator, 'accounts'>): Record<string, string> {
  return Object.fromEntries(
    pool.accounts.flatMap(({ name, apiKey, apiSecret, apiPassphrase }) => [
      [`key of ${name}`, apiKey],
      [`secret of ${name}`, apiSecret],
      [`passphrase of ${name}`, apiPassphrase],
      [`signature of ${name}`, createHmac('sha256', apiSecret).update(apiPassphrase).digest('base64')],
    ]),
  );
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'kpool-e2e-secrets-'));
  database = await createTestDatabase();
  admin = postgres(database.url, { max: 1, onnotice: () => undefined });
  await admin.unsafe(`CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${DATABASE_PASSWORD}'`);
  simulator = await createSimulator({
    seed: 10,
    startAt: Date.UTC(2026, 9, 20),
    rateLimit: null,
    world: { days: 40, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
  });
  webhook = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      posted.push(body);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const [account] = simulator.accounts;
  env = {
    DATABASE_URL: withPassword(DATABASE_PASSWORD),
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_API_KEY: account!.apiKey,
    KUCOIN_POOL_API_SECRET: account!.apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: account!.apiPassphrase,
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/${WEBHOOK_PART}`,
    HTTP_PORT: String(await findFreePort()),
    HTTP_TOKEN,
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
  };
});
afterAll(async () => {
  await simulator.close();
  webhook.closeAllConnections();
  await new Promise((resolve) => webhook.close(resolve));
  await admin.unsafe(`DROP OWNED BY ${role} CASCADE`).catch(() => undefined);
  await admin.end();
  await database.drop();
  rmSync(cwd, { recursive: true, force: true });
});

/** Every key of Redis with its content, of any type. */
async function keysOf(redisUrl: string): Promise<Exhibit[]> {
  const client = new Redis(redisUrl);
  try {
    const found: Exhibit[] = [];
    for (const key of await client.keys('*')) {
      const read: Record<string, () => Promise<unknown>> = {
        string: () => client.get(key),
        hash: () => client.hgetall(key),
        list: () => client.lrange(key, 0, -1),
        set: () => client.smembers(key),
        zset: () => client.zrange(key, '0', '-1'),
        stream: () => client.xrange(key, '-', '+'),
      };
      const type = await client.type(key);
      // It expired meanwhile.
      if (type === 'none') continue;
      const value = await read[type]?.();
      found.push({ place: `Redis key ${key}`, text: `${key} ${unescaped(JSON.stringify(value))}` });
    }
    return found;
  } finally {
    client.disconnect();
  }
}

/** Job data are JSON within a text: without this, a quoted secret would be escaped twice and not be found. */
function unescaped(json: string): string {
  return `${json} ${json.replaceAll('\\\\', '\\').replaceAll('\\"', '"')}`;
}

/** Runs the service for a while, and reads its pages. */
async function runService(): Promise<void> {
  let child: ChildProcess | undefined;
  const end = run(['start'], {}, (spawned) => (child = spawned));
  const origin = `http://127.0.0.1:${env['HTTP_PORT']}`;
  const authorization = `Bearer ${HTTP_TOKEN}`;
  await eventually('the page answers', 60_000, () =>
    headOf(`${origin}/healthz`).then(
      () => true,
      () => null,
    ),
  );
  await eventually('jobs were done', 60_000, async () => {
    const text = await (await fetch(`${origin}/metrics`, { headers: { authorization } })).text();
    return text.includes('kpool_job_seconds_count{') ? true : null;
  });
  for (const path of ['/', '/metrics', '/healthz', '/nothing', `/?key=${HTTP_TOKEN.slice(0, 3)}`]) {
    for (const headers of [{ authorization }, {}]) {
      const answer = await fetch(origin + path, { headers });
      exhibits.push({
        place: `page ${path}`,
        text: `${JSON.stringify([...answer.headers])} ${await answer.text()}`,
      });
    }
  }
  child!.kill('SIGTERM');
  expect((await end).code).toBe(0);
}

test('P10 no output, row, page or metric contains a credential', async () => {
  expect((await run(['migrate'])).code).toBe(0);
  expect((await run(['sync', '--json'])).code).toBe(0);
  expect((await run(['check'])).code).toBe(0);
  await runService();
  await run(['status', '--json']);
  await run(['reconcile']);
  await run(['quarantine', 'list'], { LOG_FORMAT: 'pretty' });

  // Failures of the pool, which echoes what it was sent, …
  const wrong = { KUCOIN_POOL_API_SECRET: `${env['KUCOIN_POOL_API_SECRET']}x` };
  expect((await run(['sync'], wrong)).code).toBe(1);
  expect((await run(['check', '--json'], wrong)).code).toBe(1);
  simulator.faults.next('*', { kind: 'http', status: 500, body: 'html' }, 4);
  simulator.faults.next('*', { kind: 'reset', at: 'headers' }, 4);
  simulator.faults.next('*', { kind: 'body', text: `{"code":"1","msg":"${env['KUCOIN_POOL_API_KEY']}"}` }, 4);
  await run(['sync', '--verify']);
  // … and of the database.
  const locked = { DATABASE_URL: withPassword(WRONG_DATABASE_PASSWORD) };
  expect((await run(['sync'], locked)).code).toBe(2);
  expect((await run(['status', '--json'], locked)).code).toBe(2);
  await run(['sync'], { DATABASE_URL: env['DATABASE_URL']!.replace(/@[^@/]+\//, '@127.0.0.1:1/') });
  await run(['sync'], { DATABASE_URL: `${env['DATABASE_URL']!}:::not an address` });

  exhibits.push(...(await rowsOf(admin)));
  const secrets = {
    ...secretsOf(simulator),
    'the database password': DATABASE_PASSWORD,
    'the wrong database password': WRONG_DATABASE_PASSWORD,
    'the wrong secret': wrong.KUCOIN_POOL_API_SECRET,
    'the token of the page': HTTP_TOKEN,
    'the address of the webhook': WEBHOOK_PART,
  };
  expect(exhibits.some(({ text }) => text.includes('Asked the pool.'))).toBe(true);
  const filled = exhibits.filter(({ place, text }) => place.startsWith('table ') && text !== '');
  expect(filled.length).toBeGreaterThan(10);
  expect(filled.map(({ place }) => place).join()).toContain('table bullmq.');
  expect(findSecrets(exhibits, secrets)).toEqual([]);
});

describeRedis('the queue in Redis', (redis) => {
  test('P10 neither Redis nor an alert contains a credential', async () => {
    const wrong = {
      REDIS_URL: redis.url,
      KUCOIN_POOL_API_SECRET: `${env['KUCOIN_POOL_API_SECRET']}x`,
      HTTP_PORT: '0',
    };
    const from = posted.length;
    let child: ChildProcess | undefined;
    const end = run(['start'], wrong, (spawned) => (child = spawned));
    try {
      await eventually('the refusal was told', 90_000, () => Promise.resolve(posted.length > from || null));
    } finally {
      child!.kill('SIGTERM');
    }
    expect((await end).code).toBe(0);
    const found = await keysOf(redis.url);
    expect(found.length).toBeGreaterThan(10);
    expect(found.some(({ text }) => text.includes('earnings'))).toBe(true);
    const alerts = posted.map((text) => ({ place: 'an alert', text }));
    expect(alerts.some(({ text }) => text.includes('auth_failed'))).toBe(true);
    const secrets = {
      ...secretsOf(simulator),
      'the wrong secret': wrong.KUCOIN_POOL_API_SECRET,
      'the database password': DATABASE_PASSWORD,
      'the token of the page': HTTP_TOKEN,
      'the address of the webhook': WEBHOOK_PART,
    };
    expect(findSecrets([...exhibits, ...found, ...alerts, ...(await rowsOf(admin))], secrets)).toEqual([]);
  });
});

test('P10 the demo shows neither its password nor its key', async () => {
  const ports = { KPOOL_HOME: join(cwd, 'home'), KPOOL_PG_PORT: String(await findFreePort()) };
  let child: ChildProcess | undefined;
  const from = exhibits.length;
  const end = run(['demo', '--once'], { ...ports, DATABASE_URL: '' }, (spawned) => {
    child = spawned;
    spawned.stderr!.on('data', (text: string) => {
      // The demo has opened its database and its pool.
      if (text.includes('First sync')) setTimeout(() => child!.kill('SIGINT'), 3_000);
    });
  });
  expect([0, 130]).toContain((await end).code);
  const demo = await createSimulator({ seed: 20_261_122, startAt: Date.now(), world: { days: 1 } });
  await demo.close();
  expect(findSecrets(exhibits.slice(from), secretsOf(demo))).toEqual([]);
  const envFile = join(cwd, 'home', 'demo', 'demo.env');
  expect((statSync(envFile).mode & 0o777).toString(8)).toBe('600');
  const status = await runKpool(['status', '--json', '--env', envFile], { cwd });
  // The first sync was stopped, so status may end with 1.
  expect([0, 1]).toContain(status.code);
  expect(JSON.parse(status.stdout)).toMatchObject({ accounts: [{ account: 'main', status: 'ok' }] });
});

test('P10 the search of this test finds a secret in every form', async () => {
  const secret = DATABASE_PASSWORD;
  const planted = [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ x: secret }).toString(),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    JSON.stringify({ x: secret }),
  ];
  for (const text of planted)
    expect(findSecrets([{ place: 'here', text: `a ${text} b` }], { it: secret })).toEqual(['it in here']);
  await admin`INSERT INTO sync.settings (key, value) VALUES ('leak', ${admin.json({ x: secret })})`;
  expect(findSecrets(await rowsOf(admin), { it: secret })).toContain('it in table sync.settings');
});
