import { readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../../../src/simulator/random';
import { ChildProgram } from '../../../support/child-program';
import { createTestHome, createUsedHome, stateOf } from '../../../support/embedded-home';

interface Opened {
  readonly started: boolean;
  readonly port: number;
}

const KILL_ROUNDS = 5;
const OPENER = join(__dirname, 'opener.ts');
const openers: ChildProgram[] = [];

function opener(home: string, port: number, options: { readonly detached?: boolean } = {}): ChildProgram {
  const program = new ChildProgram(OPENER, [home, String(port)], options);
  openers.push(program);
  return program;
}

afterAll(async () => {
  await Promise.all(openers.splice(0).map((program) => program.kill()));
});

describe('the embedded PostgreSQL, shared by processes', () => {
  test.concurrent('is started by the first process, stopped by the last', async () => {
    const { home, port } = await createTestHome();
    expect(await stateOf(home)).toBe('absent');
    const first = opener(home, port);
    expect(await first.answer<Opened>()).toMatchObject({ started: true, port });
    const second = opener(home, port);
    expect(await second.answer<Opened>()).toMatchObject({ started: false, port });

    expect(await first.ask('close')).toBe('closed');
    expect(await second.ask('query')).toEqual({ database: 'kpool' });
    expect(await second.ask('close')).toBe('closed');
    expect(await stateOf(home)).toBe('stopped');
  });

  test.concurrent('P7 goes on if the process that started it is killed', async () => {
    const { home, port } = await createUsedHome();
    const first = opener(home, port);
    await first.answer();
    const second = opener(home, port);
    await second.answer();
    await first.kill('SIGKILL');
    expect(await second.ask('query')).toEqual({ database: 'kpool' });
    expect(await second.ask('close')).toBe('closed');
    expect(await stateOf(home)).toBe('stopped');
  });

  test.concurrent('P7 goes on for a new process after all others were killed', async () => {
    const { home, port } = await createUsedHome();
    const first = opener(home, port);
    await first.answer();
    await first.kill('SIGKILL');
    expect(await stateOf(home)).toBe('running');
    const next = opener(home, port);
    expect(await next.answer<Opened>()).toMatchObject({ started: false, port });
    expect(await next.ask('close')).toBe('closed');
    expect(await stateOf(home)).toBe('stopped');
  });

  test.concurrent('P7 is set up again if the first set-up was killed', async () => {
    const { home, port } = await createTestHome();
    const first = opener(home, port);
    while ((await stateOf(home)) === 'absent' && !(await isBeingMade(home))) await new Promise(setImmediate);
    await first.kill('SIGKILL');
    const next = opener(home, port);
    expect(await next.answer<Opened>()).toMatchObject({ started: true });
    expect(await next.ask('query')).toEqual({ database: 'kpool' });
    expect(await next.ask('close')).toBe('closed');
  });

  test.concurrent('P7 survives processes that are killed at any moment', async () => {
    const seed = Math.trunc(Math.random() * 1e9);
    const random = createRandom(seed);
    const { home, port } = await createTestHome();
    // The first round creates the data directory.
    for (let round = 0; round < KILL_ROUNDS; round++) {
      const programs = [0, 1, 2].map(() => opener(home, port));
      const lives = programs.map(async (program) => {
        const life = program.answer().then(() => (random() < 0.5 ? program.ask('close') : 'stays'));
        await Promise.race([life.catch(() => 'killed'), sleep(200 + random() * 1_500)]);
        await program.kill('SIGKILL');
        await life.catch(() => 'killed');
      });
      await Promise.all(lives);
    }
    const last = opener(home, port);
    await last.answer();
    expect([seed, await last.ask('query')]).toEqual([seed, { database: 'kpool' }]);
    expect([seed, await last.ask('close')]).toEqual([seed, 'closed']);
    expect([seed, await stateOf(home)]).toEqual([seed, 'stopped']);
    // The next start removes what they left behind.
    const tidy = opener(home, port);
    await tidy.answer();
    expect([seed, readdirSync(join(home, 'postgres')).sort()]).toEqual([seed, ['data', 'postgres.log']]);
  });

  test.concurrent('is started by exactly one of several processes at once', async () => {
    const { home, port } = await createTestHome();
    const programs = Array.from({ length: 5 }, () => opener(home, port));
    const answers = await Promise.all(programs.map(async (program) => program.answer<Opened>()));
    expect(answers.filter(({ started }) => started)).toHaveLength(1);
    const rows = await Promise.all(programs.map(async (program) => program.ask('query')));
    expect(rows).toEqual(programs.map(() => ({ database: 'kpool' })));
    await Promise.all(programs.map(async (program) => program.ask('close')));
    expect(await stateOf(home)).toBe('stopped');
  });

  test.concurrent('opens for a process while another one leaves', async () => {
    const { home, port } = await createUsedHome();
    let leaving = opener(home, port);
    await leaving.answer();
    for (let round = 0; round < 4; round++) {
      const coming = opener(home, port);
      const closed = leaving.ask('close');
      await coming.answer();
      await closed;
      expect(await coming.ask('query')).toEqual({ database: 'kpool' });
      leaving = coming;
    }
    expect(await leaving.ask('close')).toBe('closed');
    expect(await stateOf(home)).toBe('stopped');
  });

  test.concurrent('survives Ctrl-C in the terminal that started it', async () => {
    const { home, port } = await createUsedHome();
    // As in a terminal, the process has a process group.
    const first = opener(home, port, { detached: true });
    await first.answer();
    process.kill(-first.pid, 'SIGINT');
    expect(await first.answer()).toBe('interrupted');
    expect(await first.ask('query')).toEqual({ database: 'kpool' });
    expect(await first.ask('close')).toBe('closed');
  });
});

async function isBeingMade(home: string): Promise<boolean> {
  const names = await readdir(join(home, 'postgres'), { recursive: true }).catch(() => []);
  return names.some((name) => name.endsWith(join('.new', 'base')));
}
