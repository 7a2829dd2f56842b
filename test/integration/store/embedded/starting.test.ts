import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { openEmbeddedPostgres } from '../../../../src/store/embedded/open';
import {
  createTestHome,
  createUsedHome,
  queryEmbedded,
  stateOf,
  useEmbeddedServers,
} from '../../../support/embedded-home';
import { findFreePort } from '../../../support/test-run';

const { open } = useEmbeddedServers();

describe('a start or a stop of the embedded PostgreSQL', () => {
  test('joins the server that runs, on its port', async () => {
    const { home, port } = await createUsedHome();
    await open(home, port);
    const second = await open(home, await findFreePort());
    expect(second).toMatchObject({ started: false, port });
    expect(await queryEmbedded(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('names the port and KPOOL_PG_PORT if the port is taken', async () => {
    const { home, port } = await createUsedHome();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(open(home, port)).rejects.toMatchObject({
        code: 'port.in-use',
        message: expect.stringContaining(String(port)) as string,
        hint: expect.stringContaining('KPOOL_PG_PORT') as string,
      });
    } finally {
      other.close();
    }
    expect((await open(home, port)).started).toBe(true);
  });

  test('stops nothing when closed twice, and can be repeated', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    const second = await open(home, port);
    await Promise.all([first.close(), first.close()]);
    expect(await stateOf(home)).toBe('running');
    expect(await queryEmbedded(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.close();
    expect((await open(home, port)).started).toBe(true);
  });

  test('gives up when asked to', async () => {
    const { home, port } = await createTestHome();
    const opening = openEmbeddedPostgres({ home, port, signal: AbortSignal.timeout(100) });
    await expect(opening).rejects.toMatchObject({ code: 'aborted' });
    expect((await open(home, port)).started).toBe(true);
  });

  test('keeps the log within its limit', async () => {
    const { home, port } = await createUsedHome();
    const log = join(home, 'postgres', 'postgres.log');
    await writeFile(log, 'x'.repeat(11 * 1024 * 1024));
    await open(home, port);
    expect((await stat(log)).size).toBeLessThan(10_000);
    expect((await stat(`${log}.1`)).size).toBe(11 * 1024 * 1024);
  });
});
