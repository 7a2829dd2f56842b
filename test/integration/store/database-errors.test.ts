import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { KpoolError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import { createStoreClient, inTransaction } from '../../../src/store/client';
import { guarded } from '../../../src/core/postgres/errors';
import type { PrismaClient } from '../../../src/store/generated/client';
import { useTestDatabase } from '../../support/test-database';

const APPLICATION = 'the one that fails';
let client: PrismaClient;
const database = useTestDatabase({ connections: 2 });
const { sql } = database;
database.beforeDrop(() => client.$disconnect());

beforeAll(() => {
  client = clientOf(database.url);
});

function clientOf(url: string): PrismaClient {
  return createStoreClient({ url: new Secret(url), maxConnections: 2, applicationName: APPLICATION });
}

async function terminate(): Promise<void> {
  await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${APPLICATION}`;
}

async function failureOf(work: () => Promise<unknown>): Promise<KpoolError> {
  const outcome: unknown = await guarded(work).catch((error: unknown) => error);
  if (!(outcome instanceof KpoolError)) throw new Error(`It did not fail: ${String(outcome)}`);
  return outcome;
}

async function expectWorks(): Promise<void> {
  await expect(guarded(() => client.$queryRaw`SELECT 1 AS one`)).resolves.toEqual([{ one: 1 }]);
}

describe('a terminated connection', () => {
  test.each<[string, () => Promise<unknown>]>([
    [
      'between two statements of a transaction',
      () =>
        inTransaction(client, async (tx) => {
          await tx.$queryRaw`SELECT 1`;
          await terminate();
          await tx.$queryRaw`SELECT 1`;
        }),
    ],
    [
      'before the commit',
      () =>
        inTransaction(client, async (tx) => {
          await tx.$executeRaw`INSERT INTO sync.settings (key, value) VALUES ('half', '1')`;
          await terminate();
        }),
    ],
    [
      'during a statement',
      () =>
        inTransaction(client, async (tx) => {
          await tx.$queryRaw`SELECT 1`;
          await Promise.all([tx.$queryRaw`SELECT pg_sleep(30)::text`, terminate()]);
        }),
    ],
  ])('%s may be retried and has written nothing', async (_, work) => {
    const error = await failureOf(work);
    expect([error.code, error.retry]).toEqual(['database.unreachable', 'backoff']);
    await guarded(() => client.$queryRaw`SELECT 1`).catch(() => undefined);
    await expectWorks();
    expect(await sql`SELECT key FROM sync.settings WHERE key = 'half'`).toHaveLength(0);
  });
});

test('a terminated idle connection is replaced or retried', async () => {
  await client.$queryRaw`SELECT 1`;
  await terminate();
  // It depends on timing whether the driver notices the end before it sends the next statement.
  const error: unknown = await guarded(() => client.$queryRaw`SELECT 1`).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error !== null) expect(error).toMatchObject({ code: 'database.unreachable', retry: 'backoff' });
  await guarded(() => client.$queryRaw`SELECT 1`).catch(() => undefined);
  await expectWorks();
});

test.each([
  ['40P01', 'database.failed', 'transactions that conflicted'],
  ['40001', 'database.failed', 'transactions that conflicted'],
  ['53100', 'database.failed', 'no disk space'],
  ['53300', 'database.failed', 'no connection left'],
  ['57P03', 'database.unreachable', 'starting or stopping'],
  ['58030', 'database.failed', '58030'],
  ['28P01', 'database.refused', 'refuses the password'],
  ['42P01', 'database.rejected', 'lacks something'],
  ['23514', 'database.rejected', 'refused a statement'],
  ['P0001', 'database.rejected', 'refused a statement'],
  ['XX001', 'database.failed', 'XX001'],
])('SQLSTATE %s is %s, in words', async (state, code, words) => {
  const error = await failureOf(() =>
    client.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'so it is' USING ERRCODE = '${state}'; END $$`),
  );
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  await expectWorks();
});

test('one side of a deadlock may try again', async () => {
  await sql`INSERT INTO sync.settings (key, value) VALUES ('a', '1'), ('b', '1')`;
  let bothHold = (): void => undefined;
  const both = new Promise<void>((resolve) => (bothHold = resolve));
  let holding = 0;
  const cross = (first: string, second: string) =>
    guarded(() =>
      inTransaction(client, async (tx) => {
        await tx.$executeRaw`UPDATE sync.settings SET value = '2' WHERE key = ${first}`;
        holding += 1;
        if (holding === 2) bothHold();
        await both;
        await tx.$executeRaw`UPDATE sync.settings SET value = '2' WHERE key = ${second}`;
      }),
    );
  const ends = await Promise.allSettled([cross('a', 'b'), cross('b', 'a')]);
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as KpoolError] : []));
  expect(failures.map(({ code, retry }) => [code, retry])).toEqual([['database.failed', 'backoff']]);
  await expectWorks();
});

test('a lock timeout and a slow statement may be retried', async () => {
  const locked = await failureOf(() =>
    sql.begin(async (other) => {
      await other`LOCK TABLE pool.accounts`;
      await inTransaction(client, async (tx) => {
        await tx.$executeRaw`SET LOCAL lock_timeout = 50`;
        await tx.$queryRaw`SELECT 1 FROM pool.accounts`;
      });
    }),
  );
  const slow = await failureOf(() =>
    inTransaction(client, async (tx) => {
      await tx.$executeRaw`SET LOCAL statement_timeout = 50`;
      await tx.$queryRaw`SELECT pg_sleep(30)::text`;
    }),
  );
  expect([locked.retry, slow.retry]).toEqual(['backoff', 'backoff']);
  expect([locked.message, slow.message].join()).toMatch(/did not grant a lock.*took too long/);
});

test('a database turned read-only may be retried', async () => {
  const error = await failureOf(() =>
    inTransaction(client, async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ ONLY`;
      await tx.$executeRaw`INSERT INTO sync.settings (key, value) VALUES ('half', '1')`;
    }),
  );
  expect([error.code, error.retry, error.hint]).toEqual([
    'database.failed',
    'backoff',
    expect.stringContaining('primary'),
  ]);
});

test('a connection pool without a free connection may be retried', async () => {
  const hold = () => client.$transaction(async (tx) => tx.$queryRaw`SELECT pg_sleep(0.5)::text`);
  const holders = [hold(), hold()];
  const error = await failureOf(() =>
    client.$transaction(async (tx) => tx.$queryRaw`SELECT 1`, { maxWait: 50, timeout: 1_000 }),
  );
  await Promise.all(holders);
  expect([error.code, error.message]).toEqual(['database.failed', expect.stringContaining('in time')]);
});

test('a server without a free connection may be retried', async () => {
  const role = `crowded_${database.name}`;
  await sql.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'for-tests-only' CONNECTION LIMIT 1`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'for-tests-only';
  const [first, second] = [clientOf(url.href), clientOf(url.href)];
  await first.$queryRaw`SELECT 1`;
  const error = await failureOf(() => inTransaction(second, (tx) => tx.$queryRaw`SELECT 1`));
  expect([error.code, error.retry, error.hint]).toEqual([
    'database.failed',
    'backoff',
    expect.stringContaining('max_connections'),
  ]);
  await first.$disconnect();
  await guarded(() => second.$queryRaw`SELECT 1`);
  await second.$disconnect();
  await sql.unsafe(`DROP ROLE ${role}`);
});

test.each<[string, (url: URL) => void, string]>([
  ['a server that is not there', (url) => (url.port = '1'), 'database.unreachable'],
  ['a host that has no name', (url) => (url.hostname = 'nowhere.invalid'), 'database.unreachable'],
  ['a password that was changed', (url) => (url.password = 'hunter2'), 'database.refused'],
  ['a database that was dropped', (url) => (url.pathname = '/nothing'), 'database.refused'],
])('P10 %s is named without the password', async (_, change, code) => {
  const url = new URL(database.url);
  url.password = 'for-tests-only';
  change(url);
  const other = clientOf(url.href);
  const errors = [
    await failureOf(() => other.$queryRaw`SELECT 1`),
    await failureOf(() => inTransaction(other, (tx) => tx.$queryRaw`SELECT 1`)),
  ];
  await other.$disconnect();
  for (const error of errors) {
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).not.toMatch(/hunter2|for-tests-only/);
  }
});

test('a proxy without a server behind it may be retried', async () => {
  let accepted = 0;
  const proxy = createServer((socket) => {
    accepted += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const other = clientOf(`postgres://u:p@127.0.0.1:${(proxy.address() as AddressInfo).port}/x`);
  const error = await failureOf(() => inTransaction(other, (tx) => tx.$queryRaw`SELECT 1`));
  expect(error.code).toBe('database.unreachable');
  expect(accepted).toBeLessThanOrEqual(2);
  await other.$disconnect();
  await new Promise((resolve) => proxy.close(resolve));
});

test('a programming mistake is no failure of the database', async () => {
  const error = await failureOf(() =>
    inTransaction(client, () => {
      throw new TypeError('x is not a function');
    }),
  );
  expect([error.code, error.retry]).toEqual(['broken-promise', 'never-scope']);
});
