import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { eventually } from '../../support/eventually';
import { onBothBackends } from '../../support/jobs/both-backends';
import { StoppableRedis } from '../../support/jobs/redis-server';
import { BACK_MS, RunningService, stopSwiftly } from '../../support/jobs/running-service';
import { runDirectory } from '../../support/test-run';

const ROUNDS = 8;
jest.setTimeout(180_000);

/** A Redis of the test's own, of which all clients are cut off; null: the queue is in PostgreSQL. */
async function withServer(
  kind: 'postgres' | 'redis',
  work: (server: StoppableRedis | null) => Promise<void>,
): Promise<void> {
  if (kind === 'postgres') return work(null);
  const server = await StoppableRedis.create(await mkdtemp(join(runDirectory(), 'redis-cut-')));
  await server.start();
  try {
    await work(server);
  } finally {
    await server.stop('SIGKILL');
  }
}

onBothBackends('every connection is cut again and again', ({ kind }) => {
  test.concurrent('the service goes on, and nothing is lost', () =>
    withServer(kind, (server) =>
      RunningService.use(async (lab) => {
        const running = lab.start(server === null ? {} : { REDIS_URL: server.url });
        await running.untilRunning();
        await lab.untilItWorks('it works');
        const ownPids = await lab.ownPids();
        const redis = server === null ? null : new Redis(server.url);
        let cuts = 0;
        for (let round = 0; round < ROUNDS; round += 1) {
          const cut = await lab.sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> ALL (${ownPids}::int[])`;
          cuts += cut.length;
          await redis?.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
          // At another moment of its work each time.
          await sleep(300 + 70 * round);
        }
        expect(cuts).toBeGreaterThan(ROUNDS);
        redis?.disconnect();
        await lab.untilItWorks('it works again');
        await lab.expectTruth();
        expect(running.text).toBe('');
        expect(await running.end('SIGTERM')).toBe(0);
      }),
    ),
  );
});

test.concurrent('the service can be stopped while its queue is cut off', () =>
  RunningService.use(async (lab) => {
    const running = lab.start({});
    await running.untilRunning();
    const isLook = lab.sql`application_name = 'kpool queue' AND wait_event_type = 'Lock'`;
    const blocker = postgres(lab.database.url, { max: 1, onnotice: () => undefined });
    const cutInALook = async (): Promise<boolean> => {
      try {
        await blocker.begin(async (tx) => {
          const tables =
            await tx`SELECT format('bullmq.%I', tablename) AS name FROM pg_tables WHERE schemaname = 'bullmq'`;
          await tx.unsafe(`LOCK TABLE ${tables.map(({ name }) => String(name)).join(', ')}`);
          await eventually('a statement of the queue waits', BACK_MS, async () =>
            (await lab.sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${isLook}`)
              .length > 0
              ? true
              : null,
          );
          await lab.sql`
          SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'kpool queue'`;
        });
        return true;
      } catch (error) {
        // The queue took the tables in another order.
        if ((error as { code?: string }).code === '40P01') return false;
        throw error;
      }
    };
    let isCut = false;
    for (let attempt = 0; attempt < 5 && !isCut; attempt += 1) isCut = await cutInALook();
    await blocker.end();
    expect(isCut).toBe(true);
    await running.until(({ msg }) => msg.startsWith('The queue has trouble'));
    expect(await stopSwiftly(running)).toBe(0);
  }),
);
