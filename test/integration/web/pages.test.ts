import postgres from 'postgres';
import { systemClock, type Clock } from '../../../src/core/clock';
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
  clock: Clock = systemClock,
  askQueue: () => Promise<void> = () => Promise.resolve(),
): Promise<WebServer> {
  const server = await startWeb({
    host: '127.0.0.1',
    port: 0,
    token: token === null ? null : new Secret(token),
    databaseUrl: new Secret(database.url),
    metrics: createMetrics(),
    lookAtQueue: () => Promise.resolve(QUEUE),
    askQueue,
    clock,
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

/** A clock by which the server has been running for a day at its second look. */
function dayLater(): Clock {
  let looks = 0;
  return { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + (looks++ === 0 ? 0 : 86_400_000) };
}

describe('the status page', () => {
  it('shows accounts, freshness and history, and P10 no credential', async () => {
    const { url } = await serve(null);
    const answer = await fetch(url);
    const html = await answer.text();
    expect(answer.status).toBe(200);
    expect(html).toContain('Everything is up to date.');
    expect(html).toContain('earnings');
    for (const account of pool.simulator.accounts) {
      for (const secret of [account.apiKey, account.apiSecret, account.apiPassphrase])
        expect(html).not.toContain(secret);
    }
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('does not call a first sync late, nor up to date', async () => {
    await sql`UPDATE sync.cursors SET last_success_at = NULL WHERE stream = 'earnings'`;
    const html = await (await fetch((await serve(null)).url)).text();
    await sql`UPDATE sync.cursors SET last_success_at = sync.now() WHERE stream = 'earnings'`;
    expect(html).toContain('<p class="busy">First sync: 7 of 8 streams were read whole.');
    expect(html).toContain('<td>first sync</td>');
  });

  it('writes names from outside as text', async () => {
    await sql`UPDATE sync.cursors SET history_complete = false`;
    const html = await (await fetch((await serve(null)).url)).text();
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

describe('/healthz', () => {
  it('is well while nothing is late', async () => {
    const answer = await fetch(`${(await serve(null)).url}healthz`);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { isWell: true, database: 'ok', queue: 'ok', late: [] },
    ]);
  });

  it('is ill when a stream is late, once the service had its time, and tells a stranger only how many', async () => {
    await sql`UPDATE sync.cursors SET last_success_at = last_success_at - interval '30 days' WHERE stream = 'earnings'`;
    const [young, old] = [await serve(null), await serve(TOKEN, dayLater())];
    expect((await fetch(`${young.url}healthz`)).status).toBe(200);
    const answer = await fetch(`${old.url}healthz`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { isWell: false, database: 'ok', queue: 'ok', late: 1 },
    ]);
  });

  it('is ill while the queue cannot be reached, asks it one question at a time, and is well when it answers', async () => {
    let asked = 0;
    let comeBack: () => void = () => undefined;
    const away = new Promise<void>((resolve) => (comeBack = resolve));
    const { url } = await serve(null, systemClock, () => {
      asked++;
      return away;
    });
    const look = async (): Promise<unknown[]> => {
      const answer = await fetch(`${url}healthz`);
      return [answer.status, ((await answer.json()) as { queue: string }).queue];
    };
    const ill = [503, 'unreachable'];
    expect(await Promise.all([look(), look()])).toEqual([ill, ill]);
    expect(asked).toBe(1);
    comeBack();
    expect(await look()).toEqual([200, 'ok']);
  });

  it('is ill when the database does not answer', async () => {
    const server = await startWeb({
      host: '127.0.0.1',
      port: 0,
      token: null,
      databaseUrl: new Secret('postgres://nobody:x@127.0.0.1:1/none'),
      metrics: createMetrics(),
      lookAtQueue: null,
      askQueue: null,
      clock: systemClock,
    });
    servers.push(server);
    const answer = await fetch(`${server.url}healthz`);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { isWell: false, database: 'unreachable', queue: 'none here', late: [] },
    ]);
  });

  it('a port that is taken is named, with what to do', async () => {
    const { url } = await serve(null);
    const port = Number(new URL(url).port);
    const again = startWeb({
      host: '127.0.0.1',
      port,
      token: null,
      databaseUrl: new Secret(database.url),
      metrics: createMetrics(),
      lookAtQueue: null,
      askQueue: null,
      clock: systemClock,
    });
    await expect(again).rejects.toThrow(/cannot be served on 127\.0\.0\.1:\d+: the port is taken/);
  });
});
