import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { createSimulator, type Simulator } from '../../src/simulator';
import { runKpool, type KpoolEnd } from '../support/built-kpool';
import { eventually } from '../support/eventually';
import { headOf } from '../support/head-of';
import { serviceEnv } from '../support/jobs/service-process';
import { findFreePort } from '../support/test-run';

jest.setTimeout(180_000);

let cwd: string;
let simulator: Simulator;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'kpool-e2e-service-'));
  simulator = await createSimulator({
    seed: 3,
    startAt: Date.UTC(2026, 9, 20),
    rateLimit: null,
    world: { days: 60, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 3 },
  });
});
afterAll(async () => {
  await simulator.close();
  rmSync(cwd, { recursive: true, force: true });
});

test('start, status and pages share the embedded database', async () => {
  const [databasePort, webPort] = [await findFreePort(), await findFreePort()];
  const env = {
    ...serviceEnv(simulator, null),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    KPOOL_HOME: join(cwd, 'home'),
    KPOOL_PG_PORT: String(databasePort),
    HTTP_PORT: String(webPort),
  };
  let service: ChildProcess | undefined;
  const end: Promise<KpoolEnd> = runKpool(['start'], { cwd, env, onSpawn: (child) => (service = child) });
  await eventually(
    'the page answers',
    60_000,
    () =>
      new Promise<true | null>((resolve) => {
        const socket = createConnection({ port: webPort, host: '127.0.0.1' });
        socket.once('connect', () => resolve((socket.destroy(), true))).once('error', () => resolve(null));
      }),
  );
  const status = await eventually('everything is fresh', 60_000, async () => {
    const { code, stdout, stderr } = await runKpool(['status', '--json'], { cwd, env });
    expect(stderr).toBe('');
    // A first sync in flight is incomplete.
    if (code !== 0) return null;
    const told = JSON.parse(stdout) as { streams: { state: string }[]; histories: { isComplete: boolean }[] };
    return told.streams.length === 8 && told.streams.every(({ state }) => state === 'fresh') ? told : null;
  });
  expect(status.histories.every(({ isComplete }) => isComplete)).toBe(true);
  for (const probe of ['healthz', 'readyz'])
    expect((await headOf(`http://127.0.0.1:${webPort}/${probe}`)).status).toBe(200);
  service!.kill('SIGTERM');
  const { code, stderr } = await end;
  expect(code).toBe(0);
  const secrets = simulator.accounts.flatMap(({ apiKey, apiSecret, apiPassphrase }) => [
    apiKey,
    apiSecret,
    apiPassphrase,
  ]);
  for (const secret of secrets) expect(stderr).not.toContain(secret);
  expect(stderr).toContain('Stopped the embedded PostgreSQL');
});
