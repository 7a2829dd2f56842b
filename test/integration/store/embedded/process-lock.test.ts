import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withProcessLock } from '../../../../src/store/embedded/process-lock';
import { ChildProgram } from '../../../support/child-program';
import { runDirectory } from '../../../support/test-run';

const HOLDER = join(__dirname, 'lock-holder.ts');

const holders: ChildProgram[] = [];

afterEach(async () => {
  await Promise.all(holders.splice(0).map((holder) => holder.kill()));
});

function lockDirectory(): { readonly lock: string; readonly directory: string } {
  const directory = mkdtempSync(join(runDirectory(), 'lock-'));
  mkdirSync(join(directory, 'locks'));
  return { lock: join(directory, 'locks', 'lock'), directory };
}

describe('the lock that orders starting and stopping', () => {
  it('P7 never lets two in, however many of its holders are killed', async () => {
    const { lock, directory } = lockDirectory();
    const start = (rounds: string): ChildProgram => {
      const holder = new ChildProgram(HOLDER, [lock, directory, rounds]);
      holders.push(holder);
      return holder;
    };
    const victims = Array.from({ length: 6 }, () => start('1000000'));
    const survivors = Array.from({ length: 2 }, () => start('150'));
    await Promise.all(victims.map(async (victim) => victim.answer()));
    for (const victim of victims) {
      const before = await entered(directory);
      await victim.kill('SIGKILL');
      // Somebody gets in afterwards: the dead did not take the lock with them.
      while ((await entered(directory)) <= before) await new Promise(setImmediate);
    }
    for (const survivor of survivors) {
      expect(await survivor.answer()).toBe('entered');
      expect(await survivor.answer()).toBe('done');
    }
    await expect(readFile(join(directory, 'violations'), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await withProcessLock(lock, () => Promise.resolve('free'))).toBe('free');
    expect(readdirSync(join(directory, 'locks'))).toEqual([]);
  });

  it('is taken over from a holder whose pid belongs to another process by now', async () => {
    const { lock } = lockDirectory();
    writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'long ago', nonce: 'n' }));
    expect(await withProcessLock(lock, () => Promise.resolve('free'))).toBe('free');
  });

  it('is taken over when a crash of the machine left it unreadable', async () => {
    const { lock } = lockDirectory();
    writeFileSync(lock, '');
    expect(await withProcessLock(lock, () => Promise.resolve('free'))).toBe('free');
  });

  it('passes on when the one who was taking over died too', async () => {
    const { lock } = lockDirectory();
    writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'long ago', nonce: 'first' }));
    writeFileSync(
      `${lock}.first.taken`,
      JSON.stringify({ pid: process.pid, startedAt: 'long ago', nonce: 'second' }),
    );
    expect(await withProcessLock(lock, () => Promise.resolve('free'))).toBe('free');
  });

  it('says which process keeps it when it waited long enough, and gives up on request', async () => {
    const { lock } = lockDirectory();
    await withProcessLock(lock, async () => {
      await expect(withProcessLock(lock, () => Promise.resolve(), { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'database.unreachable',
        message: expect.stringContaining(String(process.pid)) as string,
      });
      const signal = AbortSignal.timeout(50);
      await expect(withProcessLock(lock, () => Promise.resolve(), { signal })).rejects.toMatchObject({
        code: 'aborted',
      });
    });
  });

  it('is free again after the work failed', async () => {
    const { lock } = lockDirectory();
    await expect(withProcessLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withProcessLock(lock, () => Promise.resolve('free'))).toBe('free');
  });
});

async function entered(directory: string): Promise<number> {
  return (await readFile(join(directory, 'rounds'), 'utf8').catch(() => '')).length;
}
