import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentProcess, findIdentity, isAlive } from './process-identity';

/**
 * Who uses the server: one file per user, named `<pid>.<nonce>`, in a directory. A process that died without a word
 * counts no more. Callers hold the process lock.
 */
export class UserRegistry {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Returns what `remove` takes. */
  async add(): Promise<string> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const user = `${process.pid}.${randomBytes(6).toString('hex')}`;
    await writeFile(join(this.#directory, user), JSON.stringify(await currentProcess()), { mode: 0o600 });
    return user;
  }

  async remove(user: string): Promise<void> {
    await rm(join(this.#directory, user), { force: true });
  }

  /** Clears away those that ended without `remove`. */
  async sweep(): Promise<void> {
    for (const { name, alive } of await this.#read()) if (!alive) await this.remove(name);
  }

  async count(): Promise<number> {
    return (await this.#read()).filter(({ alive }) => alive).length;
  }

  async #read(): Promise<{ name: string; alive: boolean }[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return Promise.all(
      names.map(async (name) => {
        const identity = findIdentity(await readFile(join(this.#directory, name), 'utf8').catch(() => ''));
        return { name, alive: identity !== null && (await isAlive(identity)) };
      }),
    );
  }
}
