import { Redis } from 'ioredis';
import postgres from 'postgres';
import { describeRedis } from '../redis';

export interface BackendUnderTest {
  readonly kind: 'postgres' | 'redis';
  /** Null for the queue in PostgreSQL. */
  redisUrl(): string | null;
  /** Keys with this prefix are deleted at the end. */
  redisPrefix(): string;
  /** The environment that a process needs. */
  env(): Record<string, string>;
}

/** The same tests on both backends of the queue. */
export function onBothBackends(name: string, define: (backend: BackendUnderTest) => void): void {
  describe(`${name}, jobs in PostgreSQL`, () =>
    define({ kind: 'postgres', redisUrl: () => null, redisPrefix: () => '', env: () => ({}) }));
  describeRedis(`${name}, jobs in Redis`, (redis) =>
    define({
      kind: 'redis',
      redisUrl: () => redis.url,
      redisPrefix: () => redis.prefix,
      env: () => ({ REDIS_URL: redis.url }),
    }),
  );
}

/** Removes the queue of this database from Redis. */
export async function clearQueue(databaseUrl: string, redisUrl: string | null): Promise<void> {
  if (redisUrl === null) return;
  const sql = postgres(databaseUrl, { max: 1 });
  const [row] = await sql<
    { id: string }[]
  >`SELECT value #>> '{}' AS id FROM sync.settings WHERE key = 'installation'`;
  await sql.end();
  if (row === undefined) return;
  const client = new Redis(redisUrl);
  const keys = await client.keys(`kpool-${row.id}:*`);
  if (keys.length > 0) await client.unlink(...keys);
  client.disconnect();
}
