import { createSimulator, type Simulator } from '../../../src/simulator';
import { AlertListener, SECRET_PATH } from '../../support/alert-listener';
import { eventually } from '../../support/eventually';
import { serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

/** The first round, or at worst the one after it. */
const TOLD_WITHIN_MS = 80_000;
const STOP_MS = 10_000;
jest.setTimeout(240_000);

const processes: ServiceProcess[] = [];
let simulator: Simulator;
let database: TestDatabase;
let listener: AlertListener;
let env: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  listener = new AlertListener();
  simulator = await createSimulator({
    seed: 7,
    startAt: Date.now(),
    rateLimit: null,
    world: { days: 20, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
  });
  env = {
    ...serviceEnv(simulator, database.url),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    ALERT_WEBHOOK_URL: (await listener.listen()).reveal(),
  };
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.end('SIGKILL')));
  await listener.close();
  await simulator.close();
  await database.drop();
});

function start(more: Record<string, string> = {}): ServiceProcess {
  const started = new ServiceProcess(['--role', 'run'], { ...env, ...more });
  processes.push(started);
  return started;
}

const wrong = () => ({ KUCOIN_POOL_API_SECRET: `${env['KUCOIN_POOL_API_SECRET']}x` });
const told = () =>
  eventually('it was told', TOLD_WITHIN_MS, () => Promise.resolve(listener.messages.length > 0 || null));

test('refused credentials and their recovery are alerted once', async () => {
  const refused = [start(wrong()), start(wrong())];
  await told();
  await Promise.all(refused.map((each) => each.until(({ msg }) => msg.startsWith('Jobs run'))));
  expect(listener.messages[0]).toMatchObject({
    text: expect.stringContaining('is stopped (auth_failed)') as string,
    event: 'started',
    kind: 'account-stopped',
  });
  expect(listener.messages[0]!.text).not.toContain(wrong().KUCOIN_POOL_API_SECRET);
  // Both have made a round by the time they are stopped.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect(await Promise.all(refused.map((each) => each.end()))).toEqual([0, 0]);
  expect(listener.take()).toEqual(['started account-stopped ']);

  const well = [start(), start()];
  await told();
  expect(await Promise.all(well.map((each) => each.end()))).toEqual([0, 0]);
  expect(listener.take()).toEqual(['ended account-stopped ']);
});

test.each(['hang', 'reset'] as const)(
  'P10 a webhook that fails (%s) does not harm the service',
  async (how) => {
    listener.answer = how;
    listener.hanging = 0;
    const service = start(wrong());
    const failing = service.until(({ msg }) => msg.includes('webhook for alerts does not accept'));
    await (how === 'hang'
      ? eventually('it hangs', TOLD_WITHIN_MS, () => Promise.resolve(listener.hanging > 0 || null))
      : failing);
    failing.catch(() => undefined);
    const stoppedMs = performance.now();
    expect(await service.end()).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(STOP_MS);
    expect(JSON.stringify(service.lines) + service.text).not.toContain(SECRET_PATH);
  },
);
