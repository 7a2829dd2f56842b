import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'pg-connection-string';
import { loadConfig } from '../../../src/config/load';
import { STREAMS } from '../../../src/sync/registry';
import { AlertListener } from '../../support/alert-listener';
import { headOf } from '../../support/head-of';
import { installDebianPackage } from '../../support/debian-package';

const ROOT = path.join(__dirname, '../../..');
const folder = mkdtempSync(path.join(tmpdir(), 'deployment-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Null: the program is not there, and its package cannot be installed. */
function run(program: string, debianPackage: string | null, args: readonly string[]): Ran | null {
  const call = () =>
    spawnSync(program, [...args], { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'] } });
  let ran = call();
  if (ran.error !== undefined && debianPackage !== null) {
    installDebianPackage(debianPackage);
    ran = call();
  }
  return ran.error === undefined ? { code: ran.status, output: ran.stdout + ran.stderr } : null;
}

describe('the unit for systemd', () => {
  test('can be loaded by systemd', () => {
    const text = readFileSync(path.join(ROOT, 'deploy/systemd/kpool.service'), 'utf8');
    const unit = path.join(folder, 'kpool.service');
    // Programs have to be where the unit says; here they are elsewhere.
    writeFileSync(unit, text.replace('/usr/bin/node', process.execPath));
    const ran = run('systemd-analyze', null, ['verify', unit]);
    if (ran === null) return;
    expect(ran).toEqual({ code: 0, output: '' });
  });
});

/**
 * No engine runs where these tests do: what Compose makes of the file is shown by `docker-compose config`, the last
 * version that Debian 12 has; it checks the file by its schema.
 */
describe('docker-compose.yml', () => {
  const PASSWORD = 'p@ss/w#rd$HOME:%40 \\x';

  /** `.env` as its own comments say to make it. */
  function writeEnv(values: Readonly<Record<string, string>>): void {
    let text = readFileSync(path.join(ROOT, '.env.example'), 'utf8');
    for (const [name, value] of Object.entries(values)) {
      expect(text).toMatch(new RegExp(`^#?${name}=`, 'm'));
      text = text.replace(new RegExp(`^#?${name}=.*$`, 'm'), () => `${name}='${value}'`);
    }
    writeFileSync(path.join(folder, '.env'), text);
  }

  const credentials = {
    KUCOIN_POOL_API_KEY: 'a-key',
    KUCOIN_POOL_API_SECRET: 'a-secret',
    KUCOIN_POOL_API_PASSPHRASE: 'a-phrase',
  };
  const compose = (): Ran | null => run('docker-compose', 'docker-compose', ['config']);
  beforeAll(() =>
    copyFileSync(path.join(ROOT, 'docker-compose.yml'), path.join(folder, 'docker-compose.yml')),
  );

  test('needs only .env, and takes a password with @, / and #', () => {
    writeEnv({ ...credentials, DATABASE_PASSWORD: PASSWORD, HTTP_TOKEN: '0123456789abcdef' });
    const ran = compose();
    if (ran === null) return;
    expect(ran.code).toBe(0);
    const valuesOf = (name: string): string[] =>
      [...ran.output.matchAll(new RegExp(`^ +${name}: (.*)$`, 'gm'))].map(([, value = '']) =>
        value.replace(/^'(.*)'$/, '$1').replaceAll('$$', '$'),
      );
    expect(new Set([...valuesOf('POSTGRES_PASSWORD'), ...valuesOf('DATABASE_PASSWORD')])).toEqual(
      new Set([PASSWORD]),
    );
    const [address = ''] = valuesOf('DATABASE_URL');
    const config = loadConfig(
      { HOME: '/nonexistent', ...credentials, DATABASE_URL: address, DATABASE_PASSWORD: PASSWORD },
      { streams: STREAMS.all },
    );
    const { host, user, password } = parse(config.database.url!.reveal());
    expect({ host, user, password }).toEqual({ host: 'postgres', user: 'kpool', password: PASSWORD });
  });

  test.each(['DATABASE_PASSWORD', 'HTTP_TOKEN'])(
    'says that %s is missing, and where to set it',
    (missing) => {
      const all = { ...credentials, DATABASE_PASSWORD: PASSWORD, HTTP_TOKEN: '0123456789abcdef' };
      writeEnv(Object.fromEntries(Object.entries(all).filter(([name]) => name !== missing)));
      const ran = compose();
      if (ran === null) return;
      expect(ran.code).toBe(1);
      expect(ran.output).toContain(`Set ${missing} in .env`);
    },
  );
});

describe('the relay for alerts', () => {
  test('posts alerts and passes a refusal on', async () => {
    const listener = new AlertListener();
    const to = (await listener.listen()).reveal();
    const script = path.join(ROOT, 'examples/alert-relay.mjs');
    const relay = spawn(process.execPath, [script], { env: { RELAY_TO: to, RELAY_PORT: '0' } });
    const [line] = (await once(relay.stdout, 'data')) as [Buffer];
    const port = /port (\d+)/.exec(line.toString())?.[1] ?? '';
    const alert = { text: 'kpool: late', event: 'started', account: 'main', since: 'today' };
    const post = async (): Promise<number> =>
      (await headOf(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(alert) })).status;
    expect(await post()).toBe(200);
    expect(listener.messages).toEqual([{ text: '❗ kpool: late\nmain, since today' }]);
    listener.answer = 'refuse';
    expect(await post()).toBe(502);
    relay.kill();
    await once(relay, 'close');
    await listener.close();
  });
});
