import postgres from 'postgres';
import { systemClock } from '../../../src/core/clock';
import { createPacer } from '../../../src/pacing/pacer';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();

test('quick', async () => {
  const sql = postgres(database.url, { max: 3 });
  const pacer = createPacer({ sql, clock: systemClock, requestsPerSecond: 2, scope: 'auto', totalTimeoutMs: 30_000, onEvent: (e) => process.stdout.write(JSON.stringify(e) + '\n') });
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const permit = await pacer.acquire({ bucket: { key: 'k', endpoint: 'earn' }, priority: 1 });
    permit.use();
    times.push(performance.now());
    void systemClock.sleep(50).then(() => permit.answered());
  }
  process.stdout.write(JSON.stringify(times.map((t, i) => t - (times[i - 2] ?? 0))) + '\n');
  await systemClock.sleep(100);
  process.stdout.write(JSON.stringify(await sql`select * from sync.buckets`) + '\n');
  await pacer.stop();
  await sql.end();
});
