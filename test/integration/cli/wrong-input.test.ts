import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import type { KpoolEnd } from '../../support/built-kpool';
import { runCliInProcess } from '../../support/cli-in-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const SECRETS = { apiKey: '', apiSecret: '', apiPassphrase: '' };

let simulator: Simulator;
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  simulator = await createSimulator({
    seed: 1,
    startAt: Date.now(),
    rateLimit: null,
    world: { subAccountsPerAccount: 1, days: 5 },
  });
  const { apiKey, apiSecret, apiPassphrase } = simulator.accounts[0]!;
  Object.assign(SECRETS, { apiKey, apiSecret, apiPassphrase });
  folder = mkdtempSync(path.join(tmpdir(), 'kpool-wrong-'));
});
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_API_KEY: SECRETS.apiKey,
    KUCOIN_POOL_API_SECRET: SECRETS.apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: SECRETS.apiPassphrase,
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    LOG_LEVEL: 'silent',
  };
}

async function kpool(args: readonly string[], env: Record<string, string> = {}): Promise<KpoolEnd> {
  const end = await runCliInProcess(args, { ...environment(), ...env });
  const said = end.stdout + end.stderr;
  expect(said).not.toMatch(/\n\s+at /);
  for (const secret of [
    ...Object.values(SECRETS),
    ...Object.values(env).filter((text) => text.startsWith('wrong-')),
  ]) {
    expect(said).not.toContain(secret);
  }
  return end;
}

async function takePort(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

async function freePort(): Promise<number> {
  const { server, port } = await takePort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('P10 P11 wrong input gets one clear sentence and what to do', () => {
  test('missing credentials: names the three lines to fill in', async () => {
    const end = await kpool(['sync'], {
      KUCOIN_POOL_API_KEY: '',
      KUCOIN_POOL_API_SECRET: '',
      KUCOIN_POOL_API_PASSPHRASE: '',
    });
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/KUCOIN_POOL_API_KEY[^]*KUCOIN_POOL_API_SECRET[^]*KUCOIN_POOL_API_PASSPHRASE/);
  });

  test.each([
    ['KUCOIN_POOL_API_KEY', 'wrong-key-0123456789'],
    ['KUCOIN_POOL_API_SECRET', 'wrong-secret-0123456789'],
    ['KUCOIN_POOL_API_PASSPHRASE', 'wrong-passphrase'],
  ])('a wrong %s stops the account at the first answer', async (name, value) => {
    const seen = simulator.requests.entries.length;
    const end = await kpool(['sync'], { [name]: value });
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/KUCOIN_POOL_API_KEY|API key|secret/i);
    expect(simulator.requests.entries.length - seen).toBe(1);
    const check = await kpool(['check'], { [name]: value });
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(/FAIL {2}account main/);
  });

  test('a pool that cannot be reached is named', async () => {
    const end = await kpool(['check'], { KUCOIN_POOL_BASE_URL: `http://127.0.0.1:${await freePort()}/x` });
    expect(end.code).toBe(1);
    expect(end.stdout).toMatch(/FAIL {2}account main: The pool at .* \(.*refused.*\)/i);
  });

  test('a database that cannot be reached is named', async () => {
    const port = await freePort();
    const end = await kpool(['sync'], {
      DATABASE_URL: `postgres://kpool:wrong-database@127.0.0.1:${port}/kpool`,
    });
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/127\.0\.0\.1:\d+ cannot be reached: nothing is listening there/);
  });

  test('a database of a newer version is refused', async () => {
    const sql = postgres(database.url, { max: 1 });
    await sql`INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
              VALUES ('x', 'y', now(), '29991231000000_from_the_future', now(), 1)`;
    await sql.end();
    const end = await kpool(['sync']);
    expect(end.code).toBe(2);
    expect(end.stderr).toMatch(/newer/);
  });

  /** A first start, which would create its database in a separate folder. */
  async function start(env: Record<string, string>): Promise<{ end: KpoolEnd; hasStarted: boolean }> {
    const home = path.join(folder, 'first');
    const end = await kpool(['start'], { DATABASE_URL: '', KPOOL_HOME: home, ...env });
    return { end, hasStarted: existsSync(home) };
  }

  test('a taken port of the pages is named before a start', async () => {
    const { server, port } = await takePort();
    const { end, hasStarted } = await start({ HTTP_PORT: String(port) }).finally(() => server.close());
    expect([end.code, hasStarted]).toEqual([2, false]);
    expect(end.stderr).toMatch(
      new RegExp(`^kpool: Cannot listen on 127.0.0.1:${port}: the port is in use.\n.*HTTP_PORT`),
    );
  });

  test('a missing key is named before anything starts', async () => {
    const { server, port } = await takePort();
    const { end, hasStarted } = await start({
      HTTP_PORT: String(port),
      KUCOIN_POOL_API_KEY: '',
      KUCOIN_POOL_API_SECRET: '',
      KUCOIN_POOL_API_PASSPHRASE: '',
    }).finally(() => server.close());
    expect([end.code, hasStarted]).toEqual([2, false]);
    expect(end.stderr).toMatch(/^kpool: No API key is set/);
  });

  test('a taken port of the embedded database is named', async () => {
    const { server, port } = await takePort();
    try {
      const end = await kpool(['migrate'], {
        DATABASE_URL: '',
        KPOOL_HOME: path.join(folder, 'home'),
        KPOOL_PG_PORT: String(port),
      });
      expect(end.code).toBe(2);
      expect(end.stderr).toMatch(new RegExp(`${port}[^]*KPOOL_PG_PORT`));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('an unknown account, a wrong day or a wrong span is refused', async () => {
    expect((await kpool(['sync', '--account', 'nobody'])).code).toBe(2);
    expect((await kpool(['sync', '--from', '2026-13-01'])).code).toBe(2);
    expect((await kpool(['sync', '--from', '2026-10-02', '--to', '2026-10-01'])).code).toBe(2);
  });
});

test('kpool check reports a host clock that is 10 minutes off', async () => {
  const late = await createSimulator({
    seed: 2,
    startAt: Date.now() + 600_000,
    rateLimit: null,
    world: { subAccountsPerAccount: 1, days: 5 },
  });
  try {
    const [account] = late.accounts;
    const env = {
      KUCOIN_POOL_BASE_URL: late.url,
      KUCOIN_POOL_API_KEY: account!.apiKey,
      KUCOIN_POOL_API_SECRET: account!.apiSecret,
      KUCOIN_POOL_API_PASSPHRASE: account!.apiPassphrase,
    };
    const sync = await kpool(['sync', 'algorithms', 'sub-accounts', 'earnings'], env);
    expect(sync.stderr).not.toContain('kpool:');
    expect(sync.code).toBe(0);
    const check = await kpool(['check'], env);
    expect(check.stdout).toMatch(/clock is \d+\.\d s behind/);
  } finally {
    await late.close();
  }
});
