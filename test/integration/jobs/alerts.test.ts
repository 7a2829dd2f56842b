import { setTimeout as sleep } from 'node:timers/promises';
import { createSimulator } from '../../../src/simulator';
import { AlertListener, SECRET_PATH } from '../../support/alert-listener';
import { eventually } from '../../support/eventually';
import { serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { createTestDatabase } from '../../support/test-database';

/** Time for the first round of alerts, or at worst the second. */
const TOLD_WITHIN_MS = 80_000;
/** After the jobs run: a round begins 5 s after its process, and takes a moment. */
const FIRST_ROUND_MS = 6_000;
const STOP_MS = 10_000;
jest.setTimeout(240_000);

/** A pool, a database, and a receiver of alerts: of each test's own, since they run side by side. */
class AlertLab {
  private readonly processes: ServiceProcess[] = [];

  private constructor(
    readonly listener: AlertListener,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Opens a lab for the duration of `work`. */
  static async use(work: (lab: AlertLab) => Promise<void>): Promise<void> {
    const database = await createTestDatabase();
    const listener = new AlertListener();
    const simulator = await createSimulator({
      seed: 7,
      startAt: Date.now(),
      rateLimit: null,
      world: { days: 20, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    });
    const lab = new AlertLab(listener, {
      ...serviceEnv(simulator, database.url),
      KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
      ALERT_WEBHOOK_URL: (await listener.listen()).reveal(),
    });
    try {
      await work(lab);
    } finally {
      await Promise.all(lab.processes.map((each) => each.end('SIGKILL')));
      await listener.close();
      await simulator.close();
      await database.drop();
    }
  }

  get wrongSecret(): string {
    return `${this.env['KUCOIN_POOL_API_SECRET']}x`;
  }

  start(more: Record<string, string> = {}): ServiceProcess {
    const started = new ServiceProcess(['--role', 'run'], { ...this.env, ...more });
    this.processes.push(started);
    return started;
  }

  startRefused(): ServiceProcess {
    return this.start({ KUCOIN_POOL_API_SECRET: this.wrongSecret });
  }

  async untilTold(): Promise<void> {
    await eventually('it was told', TOLD_WITHIN_MS, () =>
      Promise.resolve(this.listener.messages.length > 0 || null),
    );
  }
}

test.concurrent('refused credentials and their recovery are alerted once', () =>
  AlertLab.use(async (lab) => {
    const { listener } = lab;
    const refused = [lab.startRefused(), lab.startRefused()];
    // Both have made a round by the time they are stopped.
    const madeARound = Promise.all(refused.map((each) => each.untilRunning())).then(() =>
      sleep(FIRST_ROUND_MS),
    );
    await lab.untilTold();
    expect(listener.messages[0]).toMatchObject({
      text: expect.stringContaining('is stopped (auth_failed)') as string,
      event: 'started',
      kind: 'account-stopped',
    });
    expect(listener.messages[0]!.text).not.toContain(lab.wrongSecret);
    await madeARound;
    expect(await Promise.all(refused.map((each) => each.end()))).toEqual([0, 0]);
    expect(listener.take()).toEqual(['started account-stopped ']);

    const well = [lab.start(), lab.start()];
    await lab.untilTold();
    expect(await Promise.all(well.map((each) => each.end()))).toEqual([0, 0]);
    expect(listener.take()).toEqual(['ended account-stopped ']);
  }),
);

test.concurrent.each(['hang', 'reset'] as const)(
  'P10 a webhook that fails (%s) does not harm the service',
  (how) =>
    AlertLab.use(async (lab) => {
      const { listener } = lab;
      listener.answer = how;
      const service = lab.startRefused();
      const failing = service.until(({ msg }) => msg.includes('webhook for alerts does not accept'));
      await (how === 'hang'
        ? eventually('it hangs', TOLD_WITHIN_MS, () => Promise.resolve(listener.hanging > 0 || null))
        : failing);
      failing.catch(() => undefined);
      const stoppedMs = performance.now();
      expect(await service.end()).toBe(0);
      expect(performance.now() - stoppedMs).toBeLessThan(STOP_MS);
      expect(JSON.stringify(service.lines) + service.text).not.toContain(SECRET_PATH);
    }),
);
