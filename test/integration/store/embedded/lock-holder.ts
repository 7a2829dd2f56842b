// `lock-holder.ts <lock> <directory> <rounds>`: enters the lock again and again, and writes down any guest it meets.
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentProcess, findIdentity, isAlive } from '../../../../src/store/embedded/process-identity';
import { withProcessLock } from '../../../../src/store/embedded/process-lock';

const [lock = '', directory = '', rounds = ''] = process.argv.slice(2);
const inside = join(directory, 'inside');

async function main(): Promise<void> {
  const me = JSON.stringify(await currentProcess());
  for (let round = 0; round < Number(rounds); round++) {
    await withProcessLock(lock, async () => {
      // One that was killed inside leaves its name; only a live one is a second guest.
      const other = findIdentity(await readFile(inside, 'utf8').catch(() => ''));
      if (other !== null && (await isAlive(other)))
        await appendFile(join(directory, 'violations'), `${other.pid}\n`);
      await writeFile(inside, me);
      await new Promise(setImmediate);
      await rm(inside);
      await appendFile(join(directory, 'rounds'), '.');
    });
    if (round === 0) process.stdout.write('"entered"\n');
  }
  process.stdout.write('"done"\n');
}

void main();
