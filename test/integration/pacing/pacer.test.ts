import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createPacer } from '../../../src/pacing/pacer';
import type { PacerHandle, PacerOptions } from '../../../src/pacing/pacer';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import type { PacingDatabase } from '../../../src/pacing/pacing-database';
import { createTestDatabase, useTestDatabase } from '../../support/test-database';

let pacing: PacingDatabase;
const pacers: PacerHandle[] = [];
afterEach(async () => {
  await Promise.all(pacers.splice(0).map((pacer) => pacer.stop()));
  await sql`DELETE FROM sync.slots`;
  await sql`DELETE FROM sync.bucket_scopes`;
});
const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => pacing.close());
beforeAll(() => {
  pacing = openPacingDatabase(new Secret(database.url));
});

const EARN = { key: 'k', endpoint: 'earn' };
const WORKER = { key: 'k', endpoint: 'worker' };

/** A pacer like that of a separate process. */
function startPacer(options: Partial<PacerOptions> = {}): PacerHandle {
  const pacer = createPacer({
    database: pacing,
    clock: systemClock,
    requestsPerSecond: 2,
    scope: 'auto',
    totalTimeoutMs: 30_000,
    ...options,
  });
  pacers.push(pacer);
  return pacer;
}

/** Sends a request that is answered at once; returns when it was sent. */
async function send(pacer: PacerHandle, bucket = EARN): Promise<number> {
  const permit = await pacer.acquire({ bucket, priority: 1 });
  expect(permit.use()).toBe(true);
  const sentAtMs = performance.now();
  permit.answered();
  return sentAtMs;
}

test('P6 a bucket without a record counts as just used', async () => {
  const pacer = startPacer();
  await send(pacer);
  await sql`TRUNCATE sync.slots`;
  const truncatedAtMs = performance.now();
  expect((await send(pacer)) - truncatedAtMs).toBeGreaterThan(1_000);
});

test('P6 a throttled key is paced as a whole by every process', async () => {
  const pacer = startPacer();
  const other = startPacer();
  const [inFlight] = await Promise.all([pacer.acquire({ bucket: EARN, priority: 1 }), send(other, WORKER)]);
  expect(inFlight.use()).toBe(true);
  expect(pacer.levelOf('k')).toBe('endpoint');
  pacer.reportThrottled(EARN);
  await send(pacer);
  expect(pacer.levelOf('k')).toBe('key');

  const sentAtMs: number[] = [];
  const requests = [other, startPacer()].flatMap((each) => [send(each, EARN), send(each, WORKER)]);
  await Promise.all(requests.map(async (each) => sentAtMs.push(await each)));
  expect(other.levelOf('k')).toBe('key');
  sentAtMs.sort((a, b) => a - b);
  // The request in flight holds one of the two slots, so the four were sent one by one.
  sentAtMs.slice(1).forEach((atMs, index) => expect(atMs - sentAtMs[index]!).toBeGreaterThan(1_000));
  inFlight.answered();

  const fast = startPacer({ scope: 'endpoint' });
  await send(fast);
  expect(fast.levelOf('k')).toBe('endpoint');
});

test('an uncertain report of throttling can be retracted', async () => {
  const events: string[] = [];
  const pacer = startPacer({
    onEvent: (event) => event.kind === 'scoped' && events.push(`scoped to ${event.level}`),
  });
  const other = startPacer({
    onEvent: (event) => event.kind === 'scoped' && events.push('the other learnt it'),
  });
  const scopes = async (): Promise<string[]> => {
    await send(pacer);
    await send(other, WORKER);
    return [pacer.levelOf('k'), other.levelOf('k')];
  };
  pacer.reportThrottled(EARN, false);
  expect(await scopes()).toEqual(['key', 'key']);
  pacer.retractUncertainReports('k');
  expect(await scopes()).toEqual(['endpoint', 'endpoint']);
  // Only the process that caused the change reports it, once.
  expect(events).toEqual(['scoped to key', 'scoped to endpoint']);

  pacer.reportThrottled(EARN, false);
  pacer.reportThrottled(EARN);
  pacer.retractUncertainReports('k');
  expect(await scopes()).toEqual(['key', 'key']);
});

test('P6 a smaller limit counts the slots of the larger one', async () => {
  const large = startPacer({ requestsPerSecond: 4 });
  const permits = await Promise.all([1, 2, 3, 4].map(() => large.acquire({ bucket: EARN, priority: 1 })));
  permits.forEach((permit) => expect(permit.use()).toBe(true));
  const next = send(startPacer({ requestsPerSecond: 2 }));
  await systemClock.sleep(1_500);
  permits.slice(0, 3).forEach((permit) => permit.answered());
  const answeredAtMs = performance.now();
  expect((await next) - answeredAtMs).toBeGreaterThan(1_000);
  permits[3]!.answered();
});

test('P6 a key that replaces another has buckets of its own', async () => {
  const old = startPacer({ requestsPerSecond: 1 });
  old.reportThrottled(EARN);
  const held = await old.acquire({ bucket: EARN, priority: 1 });
  expect(held.use()).toBe(true);
  const fresh = { key: 'k-after', endpoint: 'earn' };
  const other = startPacer({ requestsPerSecond: 1 });
  const askedAtMs = performance.now();
  const sentAtMs = (await Promise.all([send(old, fresh), send(other, fresh)])).sort((a, b) => a - b);
  // The request of the old key does not delay it, but the last second of the new key is unknown.
  expect(sentAtMs[0] - askedAtMs).toBeGreaterThan(1_000);
  expect(sentAtMs[0] - askedAtMs).toBeLessThan(4_000);
  expect(sentAtMs[1] - sentAtMs[0]).toBeGreaterThan(1_000);
  expect([old.levelOf('k'), old.levelOf('k-after')]).toEqual(['key', 'endpoint']);
  held.answered();
});

test('a stopped process holds no slot', async () => {
  const pacer = startPacer();
  const late = await pacer.acquire({ bucket: EARN, priority: 1 });
  late.use();
  await send(pacer);
  const waiting = pacer.acquire({ bucket: WORKER, priority: 1 });
  const refused = expect(waiting).rejects.toMatchObject({ code: 'aborted' });
  await pacer.stop();
  await refused;
  await expect(pacer.acquire({ bucket: EARN, priority: 1 })).rejects.toMatchObject({ code: 'aborted' });
  late.answered();
  await send(startPacer(), WORKER);
  expect(await sql`SELECT FROM sync.slots WHERE endpoint = 'earn' AND permit_id IS NOT NULL`).toHaveLength(0);
});

test('a pacer without its tables fails at once', async () => {
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
