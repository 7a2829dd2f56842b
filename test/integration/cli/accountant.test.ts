import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import type { KpoolEnd } from '../../support/built-kpool';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

let simulator: Simulator;
let folder: string;
let env: Record<string, string>;
const role = `books_${process.pid}_${Date.now() % 100_000}`;

const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(async () => {
  await sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'kpool-accountant-'));
  simulator = await createSimulator({
    seed: 11,
    startAt: Date.now(),
    rateLimit: null,
    world: { subAccountsPerAccount: 2, days: 75, workersPerSubAccount: 2 },
  });
  const { apiKey, apiSecret, apiPassphrase } = simulator.accounts[0]!;
  env = {
    DATABASE_URL: database.url,
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    KUCOIN_POOL_API_KEY: apiKey,
    KUCOIN_POOL_API_SECRET: apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: apiPassphrase,
    LOG_LEVEL: 'silent',
  };
});

async function kpool(...args: readonly string[]): Promise<KpoolEnd> {
  return runCliInProcess(args, env);
}

function monthBefore(count: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - count, 1)).toISOString().slice(0, 7);
}

const month = monthBefore(1);

test('nothing can be reconciled or closed before the first sync', async () => {
  const reconcile = await kpool('reconcile');
  expect([reconcile.code, reconcile.stdout]).toEqual([
    1,
    'Nothing to reconcile yet: run kpool sync first.\n',
  ]);
  expect((await kpool('export', 'statement', '--account', 'main')).code).toBe(2);
  const close = await kpool('close', month);
  expect([close.code, close.stdout]).toEqual([
    1,
    'Nothing was recorded:\n  Nothing has been synced yet: run kpool sync.\n',
  ]);
});

test('P11 a month can be synced, closed and adjusted in the next', async () => {
  expect((await kpool('sync')).code).toBe(0);
  // The pool's totals are requested by currency, and the ledger says which currencies there are.
  expect((await kpool('sync', 'account-income', 'sub-account-income')).code).toBe(0);
  const reconcile = await kpool('reconcile', '--json');
  const verdicts = (JSON.parse(reconcile.stdout) as { verdict: string }[]).map(({ verdict }) => verdict);
  expect([reconcile.code, new Set(verdicts)]).toEqual([0, new Set(['matches'])]);

  const early = await kpool('close', monthBefore(0), '--json');
  expect(early.code).toBe(1);
  expect(JSON.parse(early.stdout)).toMatchObject({ outcome: 'refused' });
  const unasked = await kpool('close', '2015-01');
  expect([unasked.code, unasked.stdout]).toEqual([
    1,
    expect.stringContaining('has been read only from 2018-01-01 on') as string,
  ]);
  const close = await kpool('close', month, '--note', 'reviewed', '--json');
  expect([close.code, close.stderr]).toEqual([0, '']);
  const { instant } = JSON.parse(close.stdout) as { instant: string };
  expect((await kpool('close', month)).code).toBe(1);

  const statement = await kpool(
    'export',
    'statement',
    '--month',
    month,
    '--out',
    path.join(folder, 'books'),
    '--json',
  );
  expect(statement.code).toBe(0);
  const manifest = JSON.parse(statement.stdout) as {
    asOf: string;
    totals: Record<string, { total: string }>;
    files: { name: string; sha256: string }[];
  };
  expect(manifest.asOf).toBe(instant);
  const [file] = manifest.files;
  const content = readFileSync(path.join(folder, 'books', file!.name));
  expect(createHash('sha256').update(content).digest('hex')).toBe(file!.sha256);
  const rows = await sql<{ currency: string; total: string }[]>`
    SELECT currency, trim_scale(sum(total))::text AS total FROM report.monthly_income
     WHERE month = ${`${month}-01`}::date GROUP BY currency ORDER BY currency`;
  expect(Object.entries(manifest.totals).map(([currency, { total }]) => ({ currency, total }))).toEqual([
    ...rows,
  ]);

  expect((await kpool('reopen', month, '--note', 'late')).stdout).toContain(`${month} is open again`);
});

test('a span without streams reads only income again', async () => {
  const [before] = await sql<{ run: number }[]>`SELECT max(run_id)::int AS run FROM sync.runs`;
  expect((await kpool('sync', '--from', `${month}-01`, '--to', `${month}-28`)).code).toBe(0);
  const streams =
    await sql`SELECT DISTINCT stream FROM sync.runs WHERE run_id > ${before!.run} ORDER BY stream`;
  expect(streams.map(({ stream }) => stream as string)).toEqual(['earnings', 'rewards']);
});

test('P11 an export reports a time zone that is not in effect yet', async () => {
  const args = ['export', 'statement', '--month', month, '--out', path.join(folder, 'zones'), '--json'];
  const { code, stdout, stderr } = await runCliInProcess(args, { ...env, REPORT_TIME_ZONE: 'Europe/Berlin' });
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ timeZone: 'UTC' })]);
  expect(stderr).toContain('Reports still use the time zone UTC; REPORT_TIME_ZONE is Europe/Berlin.');
});

test('every format is exported, replaced by force, and continued', async () => {
  const all = path.join(folder, 'all');
  for (const args of [
    ['koinly'],
    ['cointracker'],
    ['statement', '--format', 'xlsx'],
    ['statement', '--format', 'json'],
  ]) {
    expect((await kpool('export', ...args, '--year', month.slice(0, 4), '--out', all)).code).toBe(0);
  }
  const again = await kpool('export', 'koinly', '--year', month.slice(0, 4), '--out', all);
  expect([again.code, again.stdout]).toEqual([2, '']);
  expect(again.stderr).toContain('--force');
  const since = await kpool(
    'export',
    'koinly',
    '--year',
    month.slice(0, 4),
    '--out',
    all,
    '--since-last',
    '--json',
  );
  expect(JSON.parse(since.stdout)).toMatchObject({ rows: 0 });
});

test.each([
  ['export', 'excel'],
  ['export', 'statement', '--month', '2026-13'],
  ['export', 'statement', '--month', '2026-10', '--year', '2026'],
  ['export', 'statement', '--as-of', '2026-10-01'],
  ['export', 'koinly', '--format', 'xlsx'],
  ['export', 'statement', '--out', '/dev/null/books'],
  ['close', 'October'],
  ['grant-reader', 'Robert"); DROP TABLE students'],
  ['grant-reader', 'books', '--password-file', '/no/such/file'],
  ['rollup', '--from', '2026-10-02', '--to', '2026-10-01'],
])('wrong usage ends with 2 and without a stack: %s %s', async (...args) => {
  const end = await kpool(...args);
  expect([end.code, end.stdout]).toEqual([2, '']);
  expect(end.stderr).not.toMatch(/\n\s+at /);
});

test('P10 a reader’s password is shown once, or kept in a file', async () => {
  const first = await kpool('grant-reader', role, '--json');
  expect([first.code, first.stderr]).toEqual([0, '']);
  const { password, host, port } = JSON.parse(first.stdout) as {
    password: string;
    host: string;
    port: number;
  };
  const reader = postgres({ host, port, username: role, password, database: database.name, max: 1 });
  expect(await reader`SELECT count(*) > 0 AS found FROM monthly_income`).toEqual([{ found: true }]);
  await reader.end();
  const again = await kpool('grant-reader', role);
  expect(again.stdout + again.stderr).not.toContain(password);

  const file = path.join(folder, 'password');
  const kept = await kpool('grant-reader', role, '--password-file', file);
  expect(kept.code).toBe(0);
  expect(existsSync(file)).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = readFileSync(file, 'utf8').trim();
  expect(kept.stdout + kept.stderr).not.toContain(text);
  const other = postgres({ host, port, username: role, password: text, database: database.name, max: 1 });
  expect(await other`SELECT 1 AS one`).toHaveLength(1);
  await other.end();
});

test('the fleet’s figures can be recomputed', async () => {
  const day = new Date().toISOString().slice(0, 10);
  const end = await kpool('rollup', '--from', day, '--json');
  expect([end.code, end.stderr]).toEqual([0, '']);
  expect(JSON.parse(end.stdout)).toMatchObject({ hours: expect.any(Number) as number });
});
