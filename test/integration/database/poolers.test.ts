import { createSimulator, type Simulator } from '../../../src/simulator';
import { runCliInProcess } from '../../support/cli-in-process';
import { findPgBouncer, startPgBouncer, type PgBouncer } from '../../support/pgbouncer';
import { useTestDatabase } from '../../support/test-database';

jest.setTimeout(120_000);

const program = findPgBouncer();
if (program === null && process.env['CI'] === 'true')
  throw new Error('These tests must run in CI: install pgbouncer.');
if (program === null) process.stderr.write('NOT RUN, there is no pgbouncer: "poolers".\n');

(program === null ? describe.skip : describe)('behind pgbouncer', () => {
  let simulator: Simulator;
  let bouncer: PgBouncer;
  const database = useTestDatabase();
  database.beforeDrop(() => simulator.close());
  beforeAll(async () => {
    simulator = await createSimulator({
      seed: 7,
      startAt: Date.now(),
      rateLimit: null,
      world: { subAccountsPerAccount: 1, days: 20, workersPerSubAccount: 2, algorithms: ['SHA256d'] },
    });
  });
  afterEach(() => bouncer.stop());

  async function through(settings: Readonly<Record<string, string | number>>): Promise<void> {
    bouncer = await startPgBouncer(program!, database.url, settings);
  }

  async function kpool(command: string, more: Readonly<Record<string, string>> = {}) {
    const { apiKey, apiSecret, apiPassphrase } = simulator.accounts[0]!;
    const env = {
      DATABASE_URL: bouncer.url,
      KUCOIN_POOL_BASE_URL: simulator.url,
      KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
      KUCOIN_POOL_API_KEY: apiKey,
      KUCOIN_POOL_API_SECRET: apiSecret,
      KUCOIN_POOL_API_PASSPHRASE: apiPassphrase,
      HTTP_PORT: '0',
      ...more,
    };
    return runCliInProcess(command.split(' '), env, command === 'start' ? /Jobs run/ : undefined);
  }

  async function lockCount(): Promise<number> {
    const [row] = await database.sql<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_locks l JOIN pg_database d ON d.oid = l.database
       WHERE l.locktype = 'advisory' AND d.datname = current_database()`;
    return row!.count;
  }

  test('each command works through PgBouncer with its defaults', async () => {
    await through({});
    for (const command of ['check', 'sync', 'start']) {
      const { code, stdout, stderr } = await kpool(command);
      expect([command, code, code === 0 ? '' : stdout + stderr]).toEqual([command, 0, '']);
    }
  });

  test.each([
    ['transaction', {}, ['check', 'sync', 'status', 'start', 'migrate']],
    ['transaction', { default_pool_size: 1 }, ['check']],
    ['transaction', { server_round_robin: 1, min_pool_size: 5 }, ['check']],
    ['statement', {}, ['check', 'start']],
  ])('commands refuse pool_mode %s %j at once', async (mode, settings, commands) => {
    await through({ pool_mode: mode, ...settings });
    for (const command of commands) {
      const { code, stdout, stderr } = await kpool(command);
      const said = stdout + stderr;
      expect([command, code, said]).toEqual([command, 2, expect.stringContaining('per transaction')]);
      expect(said).toContain('pool_mode = session');
    }
    expect(await lockCount()).toBe(0);
  });

  test('a pool smaller than a process needs is reported at start', async () => {
    await through({ default_pool_size: 5 });
    const { code, stdout, stderr } = await kpool('start', { DATABASE_MAX_CONNECTIONS: '13' });
    expect([code, stdout + stderr]).toEqual([2, expect.stringContaining('gives 5 of the 13 connections')]);
    // A command needs no more than it takes.
    expect((await kpool('quarantine list')).code).toBe(0);
  });
});
