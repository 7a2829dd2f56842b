import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator, type Simulator } from '../../src/simulator';
import { serviceEnv } from '../support/jobs/service-process';
import { createTestDatabase } from '../support/test-database';
import { findFreePort } from '../support/test-run';

const ROOT = join(__dirname, '..', '..');
jest.setTimeout(180_000);

let simulator: Simulator;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'kpool-prompt-'));
  simulator = await createSimulator({ seed: 3, startAt: Date.now(), world: { days: 5 } });
});
afterAll(async () => {
  await simulator.close();
  rmSync(home, { recursive: true, force: true });
});

/** Runs npm as a terminal does, in a process group of its own, to which Ctrl-C goes as a whole once it said `cue`. */
async function npm(args: readonly string[], env: Readonly<Record<string, string>>, cue?: string) {
  const child = spawn('npm', args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, npm_config_update_notifier: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const hadCue = cue === undefined || stderr.includes(cue);
    stderr += text;
    if (!hadCue && stderr.includes(cue)) process.kill(-child.pid!, 'SIGINT');
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}

test('Ctrl-C through npm start ends the service with 0', async () => {
  const database = await createTestDatabase();
  const env = { ...serviceEnv(simulator, database.url), HTTP_PORT: '0', LOG_FORMAT: 'json' };
  const { code, stderr } = await npm(['start'], env, 'Jobs run');
  await database.drop();
  expect([code, stderr.includes('Stopped.')]).toEqual([0, true]);
});

test('Ctrl-C through npm run demo ends the demo with 0', async () => {
  const env = { KPOOL_HOME: join(home, 'demo'), KPOOL_PG_PORT: String((await findFreePort()) - 1) };
  const { code, signal, stderr } = await npm(['run', 'demo'], env, 'First sync: three years');
  expect([code, signal, code === 0 ? '' : stderr]).toEqual([0, null, '']);
});

test('npm run --silent kpool writes JSON and nothing else', async () => {
  const database = await createTestDatabase();
  const args = ['run', '--silent', 'kpool', '--', 'migrate', '--json'];
  const { stdout } = await npm(args, { DATABASE_URL: database.url });
  await database.drop();
  expect(JSON.parse(stdout)).toMatchObject({ applied: [] });
});
