import postgres from 'postgres';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createPacer } from '../../../src/pacing/pacer';
import type { PacerHandle, PacerOptions } from '../../../src/pacing/pacer';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import type { PacingDatabase } from '../../../src/pacing/pacing-database';
import { createTestDatabase, useTestDatabase } from '../../support/test-database';

let sql: postgres.Sql;
let pacing: PacingDatabase;
const pacers: PacerHandle[] = [];
afterEach(async () => {
  await Promise.all(pacers.splice(0).map((pacer) => pacer.stop()));
  await sql`DELETE FROM sync.buckets`;
  await sql`DELETE FROM sync.bucket_scopes`;
});
afterAll(async () => {
  await pacing.close();
  await sql.end();
});
const database = useTestDatabase();
beforeAll(() => {
  pacing = openPacingDatabase(new Secret(database.url));
  sql = postgres(database.url, { max: 4, onnotice: () => undefined });
});

const EARN = { key: 'k', endpoint: 'earn' };
const WORKER = { key: 'k', endpoint: 'worker' };

/** A process of its own, as far as the pacing knows. */
function startPacer(options: Partial<PacerOptions> = {}): PacerHandle {
  const pacer = createPacer({
    ...{ database: pacing, clock: systemClock, requestsPerSecond: 2, scope: 'auto', totalTimeoutMs: 30_000 },
    ...options,
  });
  pacers.push(pacer);
  return pacer;
}

/** Sends a request that is answered at once; returns when it was sent. */
async function send(pacer: PacerHandle, bucket = EARN, priority = 1): Promise<number> {
  const permit = await pacer.acquire({ bucket, priority });
  expect(permit.use()).toBe(true);
  const sentAtMs = performance.now();
  permit.answered();
  return sentAtMs;
}

test('P6 a bucket that nobody knows counts as just used, so a truncated table is safe', async () => {
  const pacer = startPacer();
  await send(pacer);
  await sql`TRUNCATE sync.buckets`;
  const truncatedAtMs = performance.now();
  expect((await send(pacer)) - truncatedAtMs).toBeGreaterThan(1_000);
});

test('a request goes at once when the bucket has rested', async () => {
  const pacer = startPacer();
  await send(pacer);
  await systemClock.sleep(1_100);
  const askedAtMs = performance.now();
  expect((await send(pacer)) - askedAtMs).toBeLessThan(500);
});

test('the most valuable request goes first, then the one that came first', async () => {
  const pacer = startPacer({ requestsPerSecond: 1 });
  const order: string[] = [];
  await Promise.all(
    [
      ['workers', 7],
      ['rewards', 4],
      ['earnings', 3],
      ['more earnings', 3],
    ].map(async ([name, priority]) => {
      await send(pacer, EARN, Number(priority));
      order.push(String(name));
    }),
  );
  expect(order).toEqual(['earnings', 'more earnings', 'rewards', 'workers']);
});

test('a request that is given up stops waiting, and its place goes to the next', async () => {
  const pacer = startPacer({ requestsPerSecond: 1 });
  const giveUp = new AbortController();
  const given = pacer.acquire({ bucket: EARN, priority: 1, signal: giveUp.signal });
  const next = send(pacer);
  giveUp.abort();
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  await next;
});

test('a permit that is not used within a second is no good, and its place is free again at once', async () => {
  const pacer = startPacer({ requestsPerSecond: 1 });
  const permit = await pacer.acquire({ bucket: EARN, priority: 1 });
  await systemClock.sleep(1_000);
  expect(permit.use()).toBe(false);
  permit.answered();
  const askedAtMs = performance.now();
  expect((await send(pacer)) - askedAtMs).toBeLessThan(800);
});

test('a permit is for one request', async () => {
  const permit = await startPacer().acquire({ bucket: EARN, priority: 1 });
  expect(permit.use()).toBe(true);
  expect(permit.use()).toBe(false);
  permit.answered();
});

test('P6 a throttled key is paced as a whole: by every process, after a restart, counting what is in flight', async () => {
  const pacer = startPacer();
  const other = startPacer();
  const [inFlight] = await Promise.all([pacer.acquire({ bucket: EARN, priority: 1 }), send(other, WORKER)]);
  expect(inFlight.use()).toBe(true);
  expect(pacer.scopeOf('k')).toBe('endpoint');
  pacer.reportThrottled(EARN);
  await send(pacer);
  expect(pacer.scopeOf('k')).toBe('key');

  const sentAtMs: number[] = [];
  const third = startPacer();
  const requests = [pacer, other, third].flatMap((each) => [send(each, EARN), send(each, WORKER)]);
  await Promise.all(requests.map(async (each) => sentAtMs.push(await each)));
  expect([other.scopeOf('k'), third.scopeOf('k')]).toEqual(['key', 'key']);
  sentAtMs.sort((a, b) => a - b);
  // One of the two places is held by the request in flight, so the six went one by one.
  sentAtMs.slice(1).forEach((atMs, index) => expect(atMs - sentAtMs[index]!).toBeGreaterThan(1_000));
  inFlight.answered();
});

test('a turn after a mere suspicion is taken back for everyone, one after a certain report is not', async () => {
  const events: string[] = [];
  const pacer = startPacer({
    onEvent: (event) => event.kind === 'turned' && events.push(`turned to ${event.scope}`),
  });
  const other = startPacer({
    onEvent: (event) => event.kind === 'turned' && events.push('the other learnt it'),
  });
  const scopes = async (): Promise<string[]> => {
    await Promise.all([send(pacer), send(other, WORKER)]);
    return [pacer.scopeOf('k'), other.scopeOf('k')];
  };
  pacer.reportThrottled(EARN, false);
  expect(await scopes()).toEqual(['key', 'key']);
  pacer.takeBackSuspicion('k');
  expect(await scopes()).toEqual(['endpoint', 'endpoint']);
  // It is told when it happens, by the process to which it happens.
  expect(events).toEqual(['turned to key', 'turned to endpoint']);

  pacer.reportThrottled(EARN, false);
  pacer.reportThrottled(EARN);
  pacer.takeBackSuspicion('k');
  expect(await scopes()).toEqual(['key', 'key']);
});

test('a key that was throttled can be tried at the faster pace by asking for it', async () => {
  const first = startPacer();
  first.reportThrottled(EARN);
  await send(first);
  expect(first.scopeOf('k')).toBe('key');
  const second = startPacer({ scope: 'endpoint' });
  await send(second);
  expect(second.scopeOf('k')).toBe('endpoint');
});

test('P6 a smaller limit after a restart counts the places of the larger one', async () => {
  const large = startPacer({ requestsPerSecond: 4 });
  const permits = await Promise.all([1, 2, 3, 4].map(() => large.acquire({ bucket: EARN, priority: 1 })));
  permits.forEach((permit) => expect(permit.use()).toBe(true));
  const small = startPacer({ requestsPerSecond: 2 });
  const next = send(small);
  await systemClock.sleep(1_500);
  permits.slice(0, 3).forEach((permit) => permit.answered());
  const answeredAtMs = performance.now();
  expect((await next) - answeredAtMs).toBeGreaterThan(1_000);
  permits[3]!.answered();
});

test('what a new request would wait is told beforehand', async () => {
  const pacer = startPacer({ requestsPerSecond: 1 });
  await send(pacer);
  const estimate = await pacer.waitEstimateMs(EARN);
  expect(estimate).toBeGreaterThan(500);
  expect(estimate).toBeLessThan(1_100);
  const waiting = [1, 2, 3].map(() => send(pacer));
  expect(await pacer.waitEstimateMs(EARN)).toBeGreaterThan(3_000);
  await Promise.all(waiting);
  await systemClock.sleep(1_100);
  expect(await pacer.waitEstimateMs(EARN)).toBeLessThan(200);
});

test('what is handed back at the end need not be waited for by the next process', async () => {
  const pacer = startPacer();
  await Promise.all([send(pacer), send(pacer)]);
  const waiting = pacer.acquire({ bucket: WORKER, priority: 1 });
  const refused = expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  await pacer.stop();
  await refused;
  await expect(pacer.acquire({ bucket: EARN, priority: 1 })).rejects.toMatchObject({ code: 'aborted' });
  expect(await sql`SELECT FROM sync.buckets WHERE grant_id IS NOT NULL`).toHaveLength(0);
});

test('a request that is answered after the end is handed back all the same', async () => {
  const pacer = startPacer();
  const permit = await pacer.acquire({ bucket: EARN, priority: 1 });
  permit.use();
  await pacer.stop();
  permit.answered();
  const next = startPacer();
  expect(await next.waitEstimateMs(EARN)).toBeLessThan(1_100);
  expect(await sql`SELECT FROM sync.buckets WHERE grant_id IS NOT NULL`).toHaveLength(0);
});

test('without its tables the pacing says so at once', async () => {
  const empty = await createTestDatabase({ template: 'template0' });
  const emptyDatabase = openPacingDatabase(new Secret(empty.url));
  const askedAtMs = performance.now();
  await expect(send(startPacer({ database: emptyDatabase }))).rejects.toMatchObject({
    code: 'pacing.unavailable',
  });
  expect(performance.now() - askedAtMs).toBeLessThan(2_000);
  await emptyDatabase.close();
  await empty.drop();
});

test('no permit is given while the database is away, and the wait for it ends', async () => {
  const nowhere = openPacingDatabase(new Secret('postgres://nobody@127.0.0.1:1/none'));
  const kinds: string[] = [];
  const pacer = startPacer({ database: nowhere, onEvent: (event) => kinds.push(event.kind) });
  const askedAtMs = performance.now();
  await expect(send(pacer)).rejects.toMatchObject({ code: 'pacing.unavailable', retry: 'backoff' });
  expect(performance.now() - askedAtMs).toBeLessThan(25_000);
  expect(kinds).toContain('look-failed');
  expect(kinds.at(-1)).toBe('unavailable');
  await nowhere.close();
});

test('requests wait out a short absence of the database', async () => {
  let isAway = true;
  const refusing: Pick<PacingDatabase, 'query'> = {
    query: (text, values) =>
      isAway ? Promise.reject(new Error('connection refused')) : pacing.query(text, values),
  };
  const pacer = startPacer({
    database: refusing,
    onEvent: (event) => {
      if (event.kind === 'look-failed' && event.attempt === 3) isAway = false;
    },
  });
  await send(pacer);
});

test('P6 a key that takes the place of another has buckets of its own: just used, nobody else\u2019s, and with no scope of the old one', async () => {
  const old = startPacer({ requestsPerSecond: 1 });
  old.reportThrottled(EARN);
  const held = await old.acquire({ bucket: EARN, priority: 1 });
  expect(held.use()).toBe(true);
  const fresh = { key: 'k-after', endpoint: 'earn' };
  // In one process, and in another that only knows the new key.
  const other = startPacer({ requestsPerSecond: 1 });
  const askedAtMs = performance.now();
  const sentAtMs = (await Promise.all([send(old, fresh), send(other, fresh)])).sort((a, b) => a - b);
  // Not held up by the request of the old key that is in flight, yet nothing is known of the new key's last second.
  expect(sentAtMs[0] - askedAtMs).toBeGreaterThan(1_000);
  expect(sentAtMs[0] - askedAtMs).toBeLessThan(4_000);
  expect(sentAtMs[1] - sentAtMs[0]).toBeGreaterThan(1_000);
  expect([old.scopeOf('k'), old.scopeOf('k-after')]).toEqual(['key', 'endpoint']);
  held.answered();
  // And back: what the old key sent last still counts.
  const answeredAtMs = performance.now();
  expect((await send(other, EARN)) - answeredAtMs).toBeGreaterThan(1_000);
});
