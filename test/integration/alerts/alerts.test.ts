import { millisecondsInHour as HOUR_MS, millisecondsInMinute as MINUTE_MS } from 'date-fns/constants';
import type { SyncService } from '../../../src/service/sync-service';
import { Secret } from '../../../src/core/secret';
import { createLogger } from '../../../src/observability/logger';
import { createScrubber } from '../../../src/core/redaction';
import { createWebhook } from '../../../src/alerts/webhook';
import { AlertListener, SECRET_PATH } from '../../support/alert-listener';
import { setDatabaseClock } from '../../support/database-clock';
import { createSyncedPool, openTestService, syncOnce, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 9, 20, 9, 30);
let pool: SyncedPool;
let listener: AlertListener;
let url: Secret;
let nowMs = START;
const logged: string[] = [];
const services: SyncService[] = [];
const database = useTestDatabase();
database.beforeDrop(async () => {
  await Promise.all(services.map((service) => service.close()));
  await pool.close();
  await listener.close();
});

/** A separate process, from the database's point of view. */
async function open(): Promise<{
  service: SyncService;
  rounds: ReturnType<SyncService['reports']['createAlertRounds']>;
}> {
  const service = await openTestService({
    databaseUrl: database.url,
    poolUrl: pool.simulator.url,
    accounts: pool.simulator.accounts,
    logger: createLogger({
      level: 'debug',
      format: 'json',
      destination: { write: (line) => logged.push(line) },
      scrubber: createScrubber([]),
    }),
  });
  services.push(service);
  return { service, rounds: service.reports.createAlertRounds(url, (text) => text) };
}

async function passTime(ms: number): Promise<void> {
  nowMs += ms;
  await setDatabaseClock(pool.sql, nowMs);
}

beforeAll(async () => {
  listener = new AlertListener();
  url = await listener.listen();
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 3,
      startAt: START,
      world: {
        subAccountsPerAccount: 1,
        days: 40,
        workersPerSubAccount: 2,
        algorithms: ['SHA256d', 'Scrypt'],
      },
    },
  });
  await passTime(0);
});

test('a new account, or one that is well, causes no alert', async () => {
  const { rounds } = await open();
  await rounds.run();
  await pool.sync();
  await rounds.run();
  expect(listener.take()).toEqual([]);
});

test('streams that fall behind, and recover, are each alerted once', async () => {
  await passTime(31 * MINUTE_MS);
  await (await open()).rounds.run();
  // A stream has ten minutes to catch up.
  expect(listener.take()).toEqual([]);
  await passTime(10 * MINUTE_MS);
  const processes = await Promise.all([open(), open(), open()]);
  for (let round = 0; round < 2; round += 1) await Promise.all(processes.map(({ rounds }) => rounds.run()));
  expect(listener.messages[0]).toMatchObject({
    text: expect.stringMatching(
      /^kpool: The stream .* of main is late: it last succeeded at 2026-10-20 09:3/,
    ) as string,
    account: 'main',
    since: expect.stringMatching(/^2026-10-20T10:01/) as string,
    until: null,
  });
  expect(listener.take().sort()).toEqual(['started stream-late sub-accounts', 'started stream-late workers']);
  await pool.sync();
  await Promise.all(processes.map(({ rounds }) => rounds.run()));
  await (await open()).rounds.run();
  expect(listener.take().sort()).toEqual(['ended stream-late sub-accounts', 'ended stream-late workers']);
});

test('a refused key is alerted at once, its late streams are not', async () => {
  const { service, rounds } = await open();
  const stop = pool.simulator.faults.when(() => ({ kind: 'code', code: '400003' }));
  await syncOnce(service);
  await rounds.run();
  expect(listener.messages[0]?.text).toContain('is stopped (auth_failed)');
  expect(listener.take()).toEqual(['started account-stopped ']);
  await passTime(5 * HOUR_MS);
  await rounds.run();
  await passTime(HOUR_MS);
  await rounds.run();
  expect(listener.take()).toEqual([]);
  stop();
  await syncOnce(service);
  await rounds.run();
  expect(listener.take()).toEqual(['ended account-stopped ']);
});

test('a row in quarantine is alerted until it is accepted', async () => {
  const { rounds } = await open();
  const [scope] = pool.simulator.world.scopes();
  const row = pool.simulator.world.insertRaw('rewards', scope!, nowMs - HOUR_MS, '{"amount":"a lot"}');
  await pool.sync({ streams: ['rewards'] });
  await rounds.run();
  expect(listener.take()).toEqual(['started rows-quarantined rewards']);
  await passTime(HOUR_MS);
  await rounds.run();
  await pool.sql`UPDATE sync.quarantined_rows SET accepted_at = sync.now()`;
  await rounds.run();
  expect(listener.take().filter((event) => event.includes('quarantine'))).toEqual([
    'ended rows-quarantined rewards',
  ]);
  pool.simulator.world.withdraw(row);
});

test('a difference that no later read explains is alerted', async () => {
  const { rounds } = await open();
  await pool.sync({}, { verifyBeforeMs: Infinity, span: null });
  await rounds.run();
  listener.take();
  const [row] = await pool.sql<{ id: string }[]>`
    UPDATE pool.sub_account_income_samples s SET amount = amount + 1
     WHERE observed_at = (SELECT max(observed_at) FROM pool.sub_account_income_samples l
                           WHERE (l.puid, l.currency) = (s.puid, s.currency))
       AND currency = (SELECT min(currency) FROM pool.sub_account_income_samples WHERE amount > 0)
    RETURNING currency AS id`;
  expect(row).toBeDefined();
  const events: string[] = [];
  for (let hour = 0; hour <= 25; hour += 1) {
    await rounds.run();
    await passTime(HOUR_MS);
    events.push(...listener.take().filter((event) => event.includes('income-differs')));
    if (hour < 23) expect(events).toEqual([]);
  }
  expect(events).toEqual(['started income-differs ']);
  await pool.sync({ streams: ['sub-account-income'] });
  await rounds.run();
  expect(listener.take().filter((event) => event.includes('income-differs'))).toEqual([
    'ended income-differs ',
  ]);
});

test.each(['refuse', 'reset', 'redirect'] as const)(
  'P10 a failing webhook (%s) is retried; its address is hidden',
  async (how) => {
    const { service, rounds } = await open();
    await syncOnce(service);
    listener.answer = 'take';
    await rounds.run();
    await passTime(11 * MINUTE_MS);
    await rounds.run();
    listener.take();
    const stop = pool.simulator.faults.when(() => ({ kind: 'code', code: '400003' }));
    await syncOnce(service, { streams: ['algorithms'] });
    const from = logged.length;
    listener.answer = how;
    for (let round = 0; round < 3; round += 1) {
      expect(await rounds.run()).toMatchObject({ sent: 0, unsent: 1 });
    }
    const failing = async () =>
      (await service.reports.readWellness()).problems.filter(({ kind }) => kind === 'alert-webhook-failing');
    expect(await failing()).toMatchObject([
      { what: expect.stringMatching(/has not accepted 1 alert of main: it /) as string, alert: null },
    ]);
    listener.answer = 'take';
    stop();
    expect(await rounds.run()).toEqual({ sent: 1, unsent: 0 });
    expect(listener.take()).toEqual(['started account-stopped ']);
    expect(await failing()).toEqual([]);
    const lines = logged.slice(from).filter((line) => line.includes('webhook'));
    expect(lines).toHaveLength(2);
    expect(logged.join('\n')).not.toContain('very-secret-part');
    await syncOnce(service);
    await rounds.run();
    expect(listener.take()).toEqual(['ended account-stopped ']);
  },
);

test('a webhook that does not answer times out', async () => {
  listener.answer = 'hang';
  expect(await createWebhook(url, { timeoutMs: 200 }).send({})).toContain('did not answer');
});

test('P10 a wrong address of a webhook is not shown', async () => {
  const reason = await createWebhook(new Secret(`http://nowhere.invalid${SECRET_PATH}`)).send({});
  expect(reason).toMatch(/^it failed with \w+$/);
});
