import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { StoppableRedis } from '../../support/jobs/redis-server';
import { RunningService, stopSwiftly } from '../../support/jobs/running-service';
import { describeRedis } from '../../support/redis';
import { runDirectory } from '../../support/test-run';

/** Longer than the lock of a job. */
const OUTAGE_MS = 6_000;
jest.setTimeout(180_000);

/** With a Redis of its own, which it may stop. */
async function withRedis(work: (redis: StoppableRedis) => Promise<void>): Promise<void> {
  const redis = await StoppableRedis.create(await mkdtemp(join(runDirectory(), 'redis-outage-')));
  await redis.start();
  try {
    await work(redis);
  } finally {
    await redis.stop('SIGKILL');
  }
}

async function countSchedulers(redis: StoppableRedis): Promise<number> {
  const client = new Redis(redis.url);
  const [key] = await client.keys('kpool-*:repeat');
  const count = key === undefined ? 0 : await client.zcard(key);
  client.disconnect();
  return count;
}

describeRedis('Redis is away for a while', () => {
  test.concurrent.each<['SIGTERM' | 'SIGKILL', string]>([
    ['SIGTERM', 'what it held'],
    ['SIGKILL', 'nothing'],
  ])('Redis stopped by %s comes back with %s: nothing is lost', (signal) =>
    withRedis((redis) =>
      RunningService.use(async (lab) => {
        const running = lab.start({ REDIS_URL: redis.url });
        await running.untilRunning();
        await lab.untilItWorks('it works');
        const before = await countSchedulers(redis);
        expect(before).toBeGreaterThan(8);
        await redis.stop(signal);
        await sleep(OUTAGE_MS);
        const back = running.lines.length;
        await redis.start();
        await lab.untilItWorks('it works again');
        expect(await countSchedulers(redis)).toBe(before);
        await lab.expectTruth();
        expect(running.text).toBe('');
        expect(
          running.lines.slice(0, back).filter(({ msg }) => msg.startsWith('The queue has trouble')).length,
        ).toBeLessThan(20);
        expect(await running.end('SIGTERM')).toBe(0);
      }),
    ),
  );

  test.concurrent('the service stops at once while Redis is away', () =>
    withRedis((redis) =>
      RunningService.use(async (lab) => {
        const running = lab.start({ REDIS_URL: redis.url });
        await running.untilRunning();
        await redis.stop('SIGKILL');
        expect(await stopSwiftly(running)).toBe(0);
      }),
    ),
  );
});
