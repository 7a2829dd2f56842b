import { Secret } from '../../../src/core/secret';
import { registerQueue, withSchedulesLock } from '../../../src/store/queue-registration';
import { TcpProxy } from '../../support/tcp-proxy';
import { useTestDatabase } from '../../support/test-database';

const IN_POSTGRES = { kind: 'postgres', address: null } as const;
const IN_REDIS = { kind: 'redis', address: 'somewhere:6379/0' } as const;
/** The time limit of a registration's query, with a margin. */
const NOTICED_WITHIN_MS = 17_000;
jest.setTimeout(60_000);

const database = useTestDatabase();
const { sql } = database;

const registration = (location: typeof IN_POSTGRES | typeof IN_REDIS = IN_POSTGRES, url = database.url) =>
  registerQueue(new Secret(url), location);

test('a queue location is refused while another one is used', async () => {
  const [first, second] = await Promise.all([registration(), registration()]);
  expect([first.verdict.outcome, second.verdict.outcome]).toEqual(['registered', 'registered']);
  const refused = await registration(IN_REDIS);
  expect(refused.verdict).toEqual({ outcome: 'refused', usedLocation: IN_POSTGRES, users: 2 });
  await Promise.all([refused.release(), first.release(), second.release()]);
  const moved = await registration(IN_REDIS);
  expect(moved.verdict).toMatchObject({ outcome: 'registered', changedFrom: IN_POSTGRES });
  await moved.release();
});

test('a registration ends if its connection is cut', async () => {
  const held = await registration();
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = ${database.name} AND application_name = 'kpool queue registration'`;
  await held.ended;
  const again = await registration();
  await again.prove();
  await again.release();
  await again.ended;
});

test.concurrent('a registration gone silent is detected when proven', async () => {
  const proxy = new TcpProxy(Number(new URL(database.url).port));
  const url = new URL(database.url);
  url.port = String(await proxy.listen());
  const held = await registration(IN_POSTGRES, url.href);
  proxy.turn('silent');
  const fromMs = performance.now();
  await held.prove();
  await held.ended;
  expect(performance.now() - fromMs).toBeLessThan(NOTICED_WITHIN_MS);
  await proxy.close();
});

test.concurrent('a process that waits behind a hung one says so', async () => {
  let release = (): void => undefined;
  const hanging = new Promise<void>((resolve) => (release = resolve));
  let first: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve) => {
    first = withSchedulesLock(new Secret(database.url), () => (resolve(), hanging));
  });
  await expect(
    withSchedulesLock(new Secret(database.url), () => Promise.reject(new Error('not reached'))),
  ).rejects.toMatchObject({ code: 'database.unreachable' });
  release();
  await first;
});
