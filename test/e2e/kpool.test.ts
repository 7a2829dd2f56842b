import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { runKpool } from '../support/built-kpool';
import { useTestDatabase } from '../support/test-database';

const { version } = JSON.parse(readFileSync(path.join(__dirname, '../../package.json'), 'utf8')) as {
  version: string;
};
const database = useTestDatabase();

let cwd: string;
beforeEach(() => (cwd = mkdtempSync(path.join(tmpdir(), 'kpool-e2e-'))));
afterEach(() => rmSync(cwd, { recursive: true }));

describe('the built kpool', () => {
  test('shows its version', async () => {
    expect(await runKpool(['--version'], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('shows its help without reading the configuration', async () => {
    const { code, stdout, stderr } = await runKpool(['--help'], { cwd, env: { HTTP_PORT: 'x' } });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: kpool .*\n[^]*migrate[^]*Exit codes: 0 success/);
  });

  test('every command shows its help with an example of it', async () => {
    const { stdout } = await runKpool(['--help'], { cwd });
    const commands = [
      ...stdout
        .split('Commands:')[1]!
        .matchAll(/^ {2}([a-z][a-z-]*)(?: \[options\])?(?: [<[].*?[>\]])* {2,}/gm),
    ]
      .map((match) => match[1]!)
      .filter((name) => name !== 'help');
    expect(commands).toContain('migrate');
    const helps = await Promise.all(commands.map((name) => runKpool([name, '--help'], { cwd })));
    commands.forEach((name, index) => {
      expect(helps[index]!.stdout).toMatch(new RegExp(`Examples?:\\n {2}\\$ kpool ${name}`));
    });
  });

  test('ends with 2 on wrong variables and names each one', async () => {
    writeFileSync(path.join(cwd, '.env'), 'KUCOIN_POOL_API_KEYS=abc\n');
    const { code, stdout, stderr } = await runKpool(['migrate'], {
      cwd,
      env: { HTTP_PORT: '80a', COINS: '?' },
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^kpool: The configuration has 3 mistakes:\n/);
    expect(stderr).toContain('HTTP_PORT: found "80a", expected a whole number between 0 and 65535');
    expect(stderr).not.toMatch(/\n\s+at |abc/);
  });

  test('ends with 2 on wrong usage and suggests the right word', async () => {
    const [command, option, file] = await Promise.all([
      runKpool(['migrat'], { cwd }),
      runKpool(['migrate', '--jsno'], { cwd }),
      runKpool(['migrate', '--env', 'none'], { cwd }),
    ]);
    expect([command.code, option.code, file.code]).toEqual([2, 2, 2]);
    expect(command.stderr).toContain('Did you mean migrate?');
    expect(option.stderr).toContain('Did you mean --json?');
    expect(file.stderr).toContain(`There is no file ${path.join(cwd, 'none')}`);
  });

  test('migrates the database that .env names and reports it as JSON', async () => {
    writeFileSync(path.join(cwd, 'my.env'), `DATABASE_URL='${database.url}'\n`);
    const { code, stdout, stderr } = await runKpool(['--env', 'my.env', 'migrate', '--json'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      database: expect.stringMatching(/^PostgreSQL \d+/) as string,
    });
  });

  test('P10 does not show a database password that is refused', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2-wrong';
    const { code, stdout, stderr } = await runKpool(['migrate'], {
      cwd,
      env: { DATABASE_URL: url.href, LOG_LEVEL: 'debug' },
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('refuses the password');
    expect(stderr).not.toContain('hunter2');
  });

  test('ends at the second Ctrl-C, even while it waits', async () => {
    const sql = postgres(database.url, { max: 2 });
    try {
      const other = await sql.reserve();
      // Another process holds a lock on the table of migrations.
      await other`BEGIN`;
      await other`LOCK TABLE public._prisma_migrations`;
      let child: ChildProcess | undefined;
      const env = { DATABASE_URL: database.url };
      const end = runKpool(['migrate'], { cwd, env, onSpawn: (spawned) => (child = spawned) });
      await expectEventually(async () => {
        const [row] = await sql`SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
        return row?.['waiting'] !== 0;
      });
      child!.kill('SIGINT');
      // A signal within half a second is the same wish; a later one is another.
      const again = setInterval(() => child!.kill('SIGINT'), 100);
      const { code, stdout, stderr } = await end;
      clearInterval(again);
      expect([code, stdout]).toEqual([130, '']);
      expect(stderr).toContain('Press Ctrl-C again');
      await other`ROLLBACK`;
      other.release();
    } finally {
      await sql.end();
    }
  });
});

async function expectEventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error('it never came to that');
    await sleep(20);
  }
}
