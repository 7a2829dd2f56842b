import { Redis } from 'ioredis';
import { describeRedis } from '../../support/redis';

describeRedis('the Redis of the tests', (redis) => {
  test('keeps what is written to it', async () => {
    const client = new Redis(redis.url);
    try {
      await client.set(`${redis.prefix}:key`, 'value');
      expect(await client.get(`${redis.prefix}:key`)).toBe('value');
    } finally {
      client.disconnect();
    }
  });
});
