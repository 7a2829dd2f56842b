import { watchDatabase } from '../../../src/database/database-watch';
import { KpoolError } from '../../../src/core/errors';
import type { PostgresSession } from '../../../src/core/postgres/session';
import { VirtualHost, VirtualWorld } from '../../support/pacing/virtual-world';

const SECOND_MS = 1_000;
const cut = Object.assign(new Error('cut'), { code: 'ECONNRESET' });

/** A database that is there until `failure` is set, watched in virtual time. */
function watched() {
  const world = new VirtualWorld();
  const { clock } = new VirtualHost(world, { rate: 1, startMs: 0, freezes: [] });
  const told: string[] = [];
  const unrecoverable: KpoolError[] = [];
  const state: { failure: Error | null } = { failure: null };
  const ask = async (): Promise<never[]> => {
    if (state.failure !== null) throw state.failure;
    return Promise.resolve([]);
  };
  const session: PostgresSession = {
    query: ask,
    ended: new Promise(() => undefined),
    close: () => Promise.resolve(),
  };
  const tell = (message: string): void =>
    void told.push(`${Math.round(world.nowMs / SECOND_MS)} s: ${message}`);
  const watch = watchDatabase({
    database: { connect: async () => ask().then(() => session) },
    clock,
    logger: { info: tell, error: tell },
    onUnrecoverable: (error) => unrecoverable.push(error),
  });
  return { world, told, unrecoverable, state, watch };
}

test('P12 an absent database is reported at once and each minute', async () => {
  const { world, told, unrecoverable, state, watch } = watched();
  await world.runUntil(100 * SECOND_MS);
  expect(told).toEqual([]);
  state.failure = cut;
  await world.runUntil(280 * SECOND_MS);
  state.failure = null;
  await world.runUntil(1_000 * SECOND_MS);
  const away = 'The database is away; the connection is retried, and nothing is lost.';
  expect(told).toEqual([
    `102 s: ${away}`,
    `162 s: ${away}`,
    `222 s: ${away}`,
    '281 s: The database answers again.',
  ]);
  expect(unrecoverable).toEqual([]);
  await watch.stop();
});

test('P12 a failed restart of our own server ends the process', async () => {
  const { world, unrecoverable, state, watch } = watched();
  await world.runUntil(10 * SECOND_MS);
  state.failure = new KpoolError('port.in-use', 'Port 1 is used by another program.', {
    hint: 'Choose another.',
  });
  await world.runUntil(60 * SECOND_MS);
  expect(unrecoverable).toEqual([]);
  await world.runUntil(90 * SECOND_MS);
  expect(unrecoverable[0]).toMatchObject({
    code: 'database.unreachable',
    message: expect.stringMatching(/cannot be restarted: Port 1 is used/) as string,
    hint: 'Choose another.',
  });
  await watch.stop();
});
