import { connect } from 'node:net';
import postgres from 'postgres';
import { request } from 'undici';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createMetrics } from '../../../src/observability/metrics';
import { startWeb, type WebServer } from '../../../src/web/server';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const TOKEN = 'a-token-of-32-characters-at-least';
const NASTY = '<script>alert("x")</script>';

const QUEUE = {
  counts: { active: 1, failed: 1 },
  jobs: [
    {
      state: 'active',
      name: 'earnings.sync',
      scope: 'main 1 SHA256d',
      attempts: 0,
      at: new Date(0),
      error: null,
    },
    { state: 'failed', name: 'rewards.sync', scope: NASTY, attempts: 3, at: new Date(1_000), error: NASTY },
  ],
};

let pool: SyncedPool;
let sql: postgres.Sql;
const servers: WebServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await sql.end();
  await pool.close();
});
const database = useTestDatabase();

async function serve(
  token: string | null,
  askQueue: () => Promise<void> = () => Promise.resolve(),
): Promise<WebServer> {
  const server = await startWeb({
    host: '127.0.0.1',
    port: 0,
    token: token === null ? null : new Secret(token),
    databaseUrl: new Secret(database.url),
    judgedAccounts: null,
    metrics: createMetrics(),
    readQueue: () => Promise.resolve(QUEUE),
    askQueue,
    clock: systemClock,
  });
  servers.push(server);
  return server;
}

beforeAll(async () => {
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: { seed: 1, startAt: Date.UTC(2026, 9, 20), world: { days: 30, subAccountsPerAccount: 1 } },
  });
  pool.simulator.world.changeSubAccount(
    pool.simulator.accounts[0]!.name,
    pool.simulator.world.scopes()[0]!.puid,
    { pname: NASTY },
  );
  await pool.sync();
});

describe('the status page', () => {
  it('shows accounts, freshness and history, and P10 no credential', async () => {
    const { url } = await serve(null);
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).toContain('All is well.');
    expect(html).toContain('earnings');
    for (const account of pool.simulator.accounts) {
      for (const secret of [account.apiKey, account.apiSecret, account.apiPassphrase])
        expect(html).not.toContain(secret);
    }
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('writes names from outside as text', async () => {
    await sql`UPDATE sync.cursors SET history_complete = false`;
    const html = await (await fetch((await serve(null)).url)).text();
    await sql`UPDATE sync.cursors SET history_complete = true`;
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain(NASTY);
  });

  it.each(['', 'metrics', 'queues'])(
    'wants the token for /%s, as a bearer or as a password',
    async (path) => {
      const { url } = await serve(TOKEN);
      const ask = async (authorization?: string): Promise<number> =>
        (await fetch(url + path, authorization === undefined ? {} : { headers: { authorization } })).status;
      const basic = (password: string) => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`;
      expect(
        await Promise.all([ask(), ask('Bearer wrong'), ask(basic('wrong')), ask(`Bearer ${TOKEN} x`)]),
      ).toEqual([401, 401, 401, 200]);
      expect(await Promise.all([ask(`Bearer ${TOKEN}`), ask(basic(TOKEN))])).toEqual([200, 200]);
    },
  );

  it('counts for Prometheus', async () => {
    const text = await (await fetch(`${(await serve(null)).url}metrics`)).text();
    expect(text).toMatch(/^# HELP kpool_job_seconds/m);
  });
});

describe('every answer', () => {
  /** As a browser would send it that was told another name of this machine. */
  async function ask(
    url: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const { statusCode, headers: answered, body } = await request(new URL(path, url), { headers });
    const all = new Headers(Object.entries(answered).map(([name, value]) => [name, String(value)]));
    return { status: statusCode, text: await body.text(), headers: all };
  }

  it.each(['', 'healthz', 'readyz', 'metrics', 'queues', 'nothing', '%'])(
    'without a token is for the names of this machine alone: /%s',
    async (path) => {
      const { url } = await serve(null);
      const { host, port } = new URL(url);
      const mine = (await ask(url, path)).status;
      expect(mine).toBeLessThan(421);
      for (const name of [`localhost:${port}`, `127.0.0.9:${port}`, '[::1]'])
        expect((await ask(url, path, { host: name })).status).toBe(mine);
      if (path === '%') return;
      for (const name of [
        'evil.example.com',
        `evil.example.com:${port}`,
        `localhost.evil.com`,
        '10.0.0.1',
        'x@localhost',
      ]) {
        const { status, text } = await ask(url, path, { host: name });
        expect([name, status]).toEqual([name, 421]);
        expect(text).toContain('HTTP_TOKEN');
      }
      expect((await ask(url, path, { host, origin: 'http://evil.example.com' })).status).toBe(421);
      expect((await ask(url, path, { host, origin: 'null' })).status).toBe(421);
      expect((await ask(url, path, { host, origin: `http://localhost:${port}` })).status).toBe(mine);
    },
  );

  it('with a token may go by any name', async () => {
    const { url } = await serve(TOKEN);
    const headers = { host: 'kpool.example.com', authorization: `Bearer ${TOKEN}` };
    expect((await ask(url, '', headers)).status).toBe(200);
  });

  it.each(['', 'healthz', 'readyz', 'metrics', 'queues', 'nothing', '%'])(
    'carries the security headers, whatever it says: /%s',
    async (path) => {
      for (const token of [null, TOKEN]) {
        const { headers } = await ask((await serve(token)).url, path);
        expect(headers.get('content-security-policy')).toContain("default-src 'none'");
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('x-powered-by')).toBeNull();
      }
    },
  );

  it('carries them also when the database is away, and to what is no HTTP', async () => {
    const { url } = await serve(null);
    await sql`ALTER TABLE pool.accounts RENAME TO accounts_away`;
    const { status, headers } = await ask(url, '');
    await sql`ALTER TABLE pool.accounts_away RENAME TO accounts`;
    expect([status, headers.get('x-content-type-options')]).toEqual([503, 'nosniff']);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 400 [\s\S]*x-content-type-options: nosniff/);
  });
});

describe('the page of the jobs', () => {
  it('shows what is in the queue, offers nothing to press, and writes what comes from outside as text', async () => {
    const { url } = await serve(null);
    const html = await (await fetch(`${url}queues`)).text();
    expect(html).toContain('1 active, 1 failed');
    expect(html).toContain('main 1 SHA256d');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain(NASTY);
    expect(html).not.toMatch(/<(form|button|script)/);
    expect((await fetch(`${url}queues`, { method: 'POST' })).status).toBe(404);
    expect(await (await fetch(url)).text()).toContain('href="/queues"');
  });
});

describe('probes', () => {
  const AWAY = { kind: 'queue-unreachable', severity: 'critical' };

  async function probe(url: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${url}readyz`, { headers });
    const { isReady, problems } = (await answer.json()) as { isReady: boolean; problems: object[] };
    return { status: answer.status, isReady, problems };
  }

  it('/healthz says no more than that the process is alive', async () => {
    const answer = await fetch(`${(await serve(TOKEN)).url}healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { isAlive: true }]);
  });

  it('/readyz tells a stranger what is wrong, but no name', async () => {
    await sql`UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'refused'`;
    const { url } = await serve(TOKEN);
    const stranger = await probe(url);
    const owner = await probe(url, { authorization: `Bearer ${TOKEN}` });
    await sql`UPDATE pool.accounts SET status = 'ok', status_reason = NULL`;
    const problems = [{ kind: 'account-stopped', severity: 'critical' }];
    expect(stranger).toEqual({ status: 503, isReady: false, problems });
    expect(owner.problems).toEqual([
      expect.objectContaining({
        kind: 'account-stopped',
        account: 'main',
        mend: 'kpool sync --account main',
      }),
    ]);
  });

  it('/readyz asks a queue that is away one question at a time', async () => {
    let asked = 0;
    let comeBack: () => void = () => undefined;
    const away = new Promise<void>((resolve) => (comeBack = resolve));
    const { url } = await serve(null, () => {
      asked++;
      return away;
    });
    for (const told of await Promise.all([probe(url), probe(url)])) {
      expect(told).toMatchObject({ status: 503, problems: [expect.objectContaining(AWAY)] });
    }
    expect(asked).toBe(1);
    comeBack();
    expect((await probe(url)).problems).not.toContainEqual(expect.objectContaining(AWAY));
  });

  it('/readyz answers within two seconds when tables are locked', async () => {
    const { url } = await serve(null);
    await sql.begin(async (tx) => {
      await tx`LOCK TABLE pool.accounts IN ACCESS EXCLUSIVE MODE`;
      const startedMs = performance.now();
      expect(await probe(url)).toMatchObject({
        status: 503,
        problems: [expect.objectContaining({ kind: 'database-unreachable' })],
      });
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });
  });

  it('a port that is taken is named, with what to do', async () => {
    const { url } = await serve(null);
    const port = Number(new URL(url).port);
    const again = startWeb({
      host: '127.0.0.1',
      port,
      token: null,
      databaseUrl: new Secret(database.url),
      judgedAccounts: null,
      metrics: createMetrics(),
      readQueue: null,
      askQueue: null,
      clock: systemClock,
    });
    await expect(again).rejects.toThrow(/cannot be served on 127\.0\.0\.1:\d+: the port is taken/);
  });
});
