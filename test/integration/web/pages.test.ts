import { connect } from 'node:net';
import { request } from 'undici';
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import type { WebServer } from '../../../src/web/server';
import type { KpoolError } from '../../../src/core/errors';
import { headOf } from '../../support/head-of';
import { serveTestPages } from '../../support/web';
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
const servers: WebServer[] = [];
const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await pool.close();
});

async function serve(
  token: string | null,
  askQueue: () => Promise<void> = () => Promise.resolve(),
  clock = systemClock,
): Promise<WebServer> {
  const server = await serveTestPages(database.url, {
    token: token === null ? null : new Secret(token),
    readQueue: () => Promise.resolve(QUEUE),
    askQueue,
    clock,
  });
  servers.push(server);
  return server;
}

beforeAll(async () => {
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

const PAGES = ['', 'income', 'fleet', 'sync'];

describe('the pages', () => {
  test.each(PAGES)('P10 /%s shows no credential and loads from no other host', async (path) => {
    const { url } = await serve(null);
    const answer = await fetch(url + path);
    const html = await answer.text();
    expect(answer.status).toBe(200);
    for (const account of pool.simulator.accounts) {
      for (const secret of [account.apiKey, account.apiSecret, account.apiPassphrase])
        expect(html).not.toContain(secret);
    }
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(html.match(/(?:src|href|action)="(?!\/)[^"#]/g)).toBeNull();
    // Only files of this host may run.
    expect(html.match(/<script(?![^>]* src="\/assets\/)/g)).toBeNull();
    expect(html.match(/ on[a-z]+="/g)).toBeNull();
  });

  test.each(['income', 'fleet', 'sync'])('/%s shows foreign names as text', async (path) => {
    const html = await (await fetch((await serve(null)).url + path)).text();
    expect(html).toContain('&lt;script>');
    expect(html).not.toContain(NASTY);
  });

  test('say that all is well, and show a machine', async () => {
    const { url } = await serve(null);
    expect(await (await fetch(url)).text()).toContain('All is well.');
    const [machine] = await sql<{ puid: string; algo: string; id: string; name: string }[]>`
      SELECT puid::text AS puid, algo, worker_id::text AS id, worker_name AS name FROM pool.workers LIMIT 1`;
    const { puid, algo, id, name } = machine!;
    expect(await (await fetch(`${url}fleet/machines/${puid}/${algo}/${id}`)).text()).toContain(name);
    expect((await headOf(`${url}fleet/machines/${puid}/${algo}/1`)).status).toBe(404);
  });

  test('P4 lead from a figure to what the pool said', async () => {
    const { url } = await serve(null);
    const [row] = await sql<{ id: string; amount: string }[]>`
      SELECT row_id AS id, amount_text AS amount FROM report.income_ledger LIMIT 1`;
    expect(await (await fetch(`${url}income`)).text()).toContain('action="/income/rows"');
    const page = await (await fetch(`${url}income/rows?id=%20${row!.id.toUpperCase()}`)).text();
    expect(page).toContain(row!.id);
    expect(page).toContain('appeared');
    expect(page).toContain(row!.amount);
    expect(page).not.toContain(NASTY);
    for (const wrong of ['0'.repeat(32), 'nonsense'])
      for (const address of [`income/rows/${wrong}`, `income/rows?id=${wrong}`])
        expect((await headOf(url + address)).status).toBe(404);
  });

  test('show every digit of an amount on request', async () => {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      SELECT puid, default_algo, 'XEX', sync.now(), 0, 0.123456789012345678, 'SETTLED' FROM pool.sub_accounts LIMIT 1`;
    const { url } = await serve(null);
    const short = await (await fetch(`${url}income?currency=XEX`)).text();
    const exact = await (await fetch(`${url}income?currency=XEX&exact=1`)).text();
    const figures: unknown = await (await fetch(`${url}api/v1/income?currency=XEX`)).json();
    await sql`DELETE FROM sync.income_days WHERE currency = 'XEX'`;
    await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE currency = 'XEX'`;
    expect(short).toContain('.12345678…');
    expect(exact).toContain('>.123456789012345678<');
    expect(figures).toMatchObject({ points: [{ total: '0.123456789012345678' }] });
  });

  test('P1 show income by sub-account, digit for digit', async () => {
    const answer = await fetch(`${(await serve(null)).url}api/v1/income?period=1y&by=month`);
    const { points, bySubAccount } = (await answer.json()) as {
      points: { start: string; currency: string; total: string }[];
      bySubAccount: { currency: string; points: { start: string; puid: string; total: string }[] };
    };
    const [owner] = await sql<{ puid: string }[]>`SELECT puid::text AS puid FROM pool.sub_accounts`;
    const { currency } = bySubAccount;
    const expected = points.filter((point) => point.currency === currency);
    expect(expected.length).toBeGreaterThan(1);
    expect(bySubAccount.points).toMatchObject(
      expected.map(({ start, total }) => ({ start, total, puid: owner!.puid })),
    );
  });

  test('show how many rows have an unreadable detail', async () => {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, extra)
      SELECT puid, default_algo, 'XEY', sync.now(), 0, 1, 'SETTLED', '{"hashRate": "fast"}' FROM pool.sub_accounts LIMIT 1`;
    const html = await (await fetch(`${(await serve(null)).url}sync`)).text();
    await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE currency = 'XEY'`;
    expect(html).toContain('1 with an unreadable detail');
  });

  test('name a query that cannot be read', async () => {
    const { url } = await serve(null);
    const answer = await fetch(`${url}income?zone=Mars`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('zone')]);
    expect((await headOf(`${url}api/v1/income?from=yesterday`)).status).toBe(400);
  });

  test('P11 report a bug as such, not as a database failure', async () => {
    const failures: KpoolError[] = [];
    const server = await serveTestPages(database.url, { reportFailure: (failure) => failures.push(failure) });
    servers.push(server);
    await sql`ALTER VIEW report.fleet_by_prefix RENAME TO gone`;
    const page = await fetch(`${server.url}fleet`, { headers: { accept: 'text/html' } });
    const figures = await fetch(`${server.url}api/v1/fleet`);
    await sql`ALTER VIEW report.gone RENAME TO fleet_by_prefix`;
    expect([page.status, figures.status]).toEqual([500, 500]);
    expect(await page.text()).toContain('Internal error');
    expect(failures.map(({ code }) => code)).toEqual(['database.rejected', 'database.rejected']);
  });

  test('offer the statement of kpool export, without recording it', async () => {
    const { url } = await serve(null);
    const answer = await fetch(`${url}statements/2026-10.csv`);
    expect(await sql`SELECT FROM book.exports`).toHaveLength(0);
    const [head, ...rows] = (await answer.text()).trim().split(/\r?\n/);
    expect([answer.headers.get('content-type'), head?.split(',')[0], rows.length > 10]).toEqual([
      'text/csv; charset=utf-8',
      'row_id',
      true,
    ]);
  });

  test('change nothing, whatever the method', async () => {
    const { url } = await serve(null);
    for (const path of PAGES) {
      expect(await (await fetch(url + path)).text()).not.toMatch(/<form[^>]*method="post"/);
      expect((await headOf(url + path, { method: 'POST' })).status).toBe(404);
    }
  });
});

describe('pages with a token', () => {
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await headOf(url, { headers, redirect: 'manual' });
    return answer.status;
  };
  const logIn = async (url: string, token: string, headers: Record<string, string> = {}) =>
    headOf(`${url}login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token, next: '/fleet' }),
      headers,
    });

  test.each([
    '',
    'income',
    'fleet',
    'sync',
    'metrics',
    'nothing',
    'api/v1',
    'api/v1/overview',
    'assets/page.js',
    'statements/2026-10.csv',
  ])('ask for it at /%s, and accept it as a bearer', async (path) => {
    const { url } = await serve(TOKEN);
    const basic = `Basic ${Buffer.from(`anyone:${TOKEN}`).toString('base64')}`;
    expect([
      await ask(url + path),
      await ask(url + path, { authorization: 'Bearer wrong' }),
      await ask(url + path, { authorization: basic }),
    ]).toEqual([401, 401, 401]);
    expect(await ask(url + path, { authorization: `Bearer ${TOKEN}` })).toBe(path === 'nothing' ? 404 : 200);
  });

  test('lead to the login and back to the page', async () => {
    const { url } = await serve(TOKEN);
    const first = await headOf(`${url}fleet?period=7d`, {
      headers: { accept: 'text/html' },
      redirect: 'manual',
    });
    expect([first.status, first.headers.get('location')]).toEqual([
      303,
      '/login?next=%2Ffleet%3Fperiod%3D7d',
    ]);
    expect((await logIn(url, 'wrong')).status).toBe(403);
    const answer = await logIn(url, TOKEN);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/fleet']);
    expect(cookie).toMatch(/^kpool_session=[^;]+; .*HttpOnly.*SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const session = { cookie: cookie.split(';')[0]! };
    expect(await ask(`${url}fleet`, session)).toBe(200);
    expect(await ask(`${url}fleet`, { cookie: `${session.cookie}x` })).toBe(401);
    // A session that another token signed is invalid.
    const { url: other } = await serve(`${TOKEN}-new`);
    expect(await ask(`${other}fleet`, session)).toBe(401);
    const out = await headOf(`${url}logout`, { method: 'POST', headers: session, redirect: 'manual' });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      303,
      expect.stringMatching(/^kpool_session=;/),
    ]);
  });

  test('end a session after twelve hours', async () => {
    let nowMs = Date.now();
    const { url } = await serve(TOKEN, undefined, { ...systemClock, now: () => nowMs });
    const session = { cookie: ((await logIn(url, TOKEN)).headers.get('set-cookie') ?? '').split(';')[0]! };
    expect(await ask(`${url}fleet`, session)).toBe(200);
    nowMs += 13 * HOUR_MS;
    expect(await ask(`${url}fleet`, session)).toBe(401);
  });

  test('let no other site log in, log out or redirect', async () => {
    const { url } = await serve(TOKEN);
    expect((await logIn(url, TOKEN, { origin: 'http://evil.example.com' })).status).toBe(421);
    const answer = await headOf(`${url}login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: TOKEN, next: '//evil.example.com' }),
    });
    expect(answer.headers.get('location')).toBe('/');
  });

  test('refuse a log-in that is not a form', async () => {
    const { url } = await serve(TOKEN);
    const headers = { 'content-type': 'text/xml' };
    expect((await headOf(`${url}login`, { method: 'POST', headers, body: '<a/>' })).status).toBe(415);
  });

  test('limit the guesses', async () => {
    const { url } = await serve(TOKEN);
    const answers = [];
    for (let guess = 0; guess < 12; guess += 1) answers.push((await logIn(url, `guess ${guess}`)).status);
    expect(answers).toEqual([...Array<number>(10).fill(403), 429, 429]);
  });
});

describe('/metrics', () => {
  test('counts requests and problems for Prometheus', async () => {
    const text = await (await fetch(`${(await serve(null)).url}metrics`)).text();
    expect(text).toMatch(/^# HELP kpool_job_seconds/m);
  });
});

describe('every answer', () => {
  /** Sends a request as a browser does that knows this machine by another name. */
  async function ask(
    url: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string; headers: Headers }> {
    const { statusCode, headers: answered, body } = await request(new URL(path, url), { headers });
    const all = new Headers(Object.entries(answered).map(([name, value]) => [name, String(value)]));
    return { status: statusCode, text: await body.text(), headers: all };
  }

  test.each(['', 'healthz', 'readyz', 'metrics', 'sync', 'api/v1/overview', 'nothing', '%'])(
    'is for the names of this host only, without a token: /%s',
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

  test('may go to any name, with a token', async () => {
    const { url } = await serve(TOKEN);
    const headers = { host: 'kpool.example.com', authorization: `Bearer ${TOKEN}` };
    expect((await ask(url, '', headers)).status).toBe(200);
  });

  test.each(['', 'healthz', 'readyz', 'metrics', 'sync', 'api/v1/overview', 'nothing', '%'])(
    'carries the security headers: /%s',
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

  test('carries the security headers, also for failures and bad HTTP', async () => {
    const { url } = await serve(null);
    await sql`ALTER TABLE pool.accounts RENAME TO accounts_away`;
    const { status, headers } = await ask(url, '');
    await sql`ALTER TABLE pool.accounts_away RENAME TO accounts`;
    expect([status, headers.get('x-content-type-options')]).toEqual([500, 'nosniff']);
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 400 [\s\S]*x-content-type-options: nosniff/);
  });
});

describe('the jobs page', () => {
  test('finds jobs by the names of sub-accounts', async () => {
    const { url } = await serve(null);
    const html = await (await fetch(`${url}sync`)).text();
    expect(html).toContain('1 active, 1 failed');
    expect(html).toContain('&lt;script>');
    expect(html).not.toContain(NASTY);
    const found = await (await fetch(`${url}sync?find=earnings`)).text();
    expect([found.includes('earnings.sync'), found.includes('rewards.sync')]).toEqual([true, false]);
  });
});

describe('the API', () => {
  test('answers an unknown address in JSON', async () => {
    const { url } = await serve(null);
    const answer = await fetch(`${url}api/v1/nothing`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: 'Not found', message: 'There is no such address.' },
    ]);
  });

  test('describes itself', async () => {
    const { url } = await serve(null);
    const description = (await (await fetch(`${url}api/v1`)).json()) as { openapi: string; paths: object };
    expect(description.openapi).toMatch(/^3/);
    expect(Object.keys(description.paths).sort()).toEqual(
      ['fleet', 'income', 'machines/{puid}/{algo}/{workerId}', 'overview', 'sync'].map(
        (name) => `/api/v1/${name}`,
      ),
    );
  });

  test.each(['overview', 'income', 'fleet', 'sync'])(
    'answers /api/v1/%s as its schema says',
    async (name) => {
      const answer = await fetch(`${(await serve(null)).url}api/v1/${name}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'application/json; charset=utf-8',
      ]);
    },
  );
});

describe('the API, while an account is stopped', () => {
  test('names the problem and its fix', async () => {
    await sql`UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'refused'`;
    const answer = await fetch(`${(await serve(null)).url}api/v1/overview`);
    await sql`UPDATE pool.accounts SET status = 'ok', status_reason = NULL`;
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({
        problems: expect.arrayContaining([
          {
            kind: 'account-stopped',
            severity: 'critical',
            account: 'main',
            what: expect.any(String) as string,
            cause: expect.any(String) as string,
            fix: 'kpool sync --account main',
          },
        ]) as object,
      }),
    ]);
  });
});

describe('probes', () => {
  const AWAY = { kind: 'queue-unreachable', severity: 'critical' };

  async function probe(url: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${url}readyz`, { headers });
    const { isReady, problems } = (await answer.json()) as { isReady: boolean; problems: object[] };
    return { status: answer.status, isReady, problems };
  }

  test('/healthz says only that the process is alive', async () => {
    const answer = await fetch(`${(await serve(TOKEN)).url}healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { isAlive: true }]);
  });

  test('/readyz tells a stranger what is wrong, without names', async () => {
    await sql`UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'refused'`;
    const { url } = await serve(TOKEN);
    const anonymous = await probe(url);
    const owner = await probe(url, { authorization: `Bearer ${TOKEN}` });
    await sql`UPDATE pool.accounts SET status = 'ok', status_reason = NULL`;
    const problems = [{ kind: 'account-stopped', severity: 'critical' }];
    expect(anonymous).toEqual({ status: 503, isReady: false, problems });
    expect(owner.problems).toEqual([
      expect.objectContaining({
        kind: 'account-stopped',
        account: 'main',
        fix: 'kpool sync --account main',
      }),
    ]);
  });

  test('/readyz has one question at a time to an absent queue', async () => {
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

  test('/readyz answers within two seconds if tables are locked', async () => {
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

  test('a port that is taken is named, with what to do', async () => {
    const { url } = await serve(null);
    const port = Number(new URL(url).port);
    const again = serveTestPages(database.url, { port });
    await expect(again).rejects.toThrow(/Cannot listen on 127\.0\.0\.1:\d+: the port is in use/);
  });
});
