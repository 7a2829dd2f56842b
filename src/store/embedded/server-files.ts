import { copyFile, stat, truncate, writeFile } from 'node:fs/promises';
import { KpoolError } from '../../core/errors';
import { runCommand, type ServerUser } from './command';

// When we are root, files in the server's own directory are written as the server's user: whoever could make the
// database write files could otherwise leave a link there and have root write through it.

/** The server writes little (settings.ts); this bounds what a misbehaving year could add up to: twice this size. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

export async function writeServerFile(user: ServerUser | null, path: string, text: string): Promise<void> {
  if (user === null) return writeFile(path, text, { mode: 0o600 });
  await asUser(user, 'tee', [path], text);
}

/** Moves the text of a log that has grown too large to `<file>.1`. The server appends, so it goes on at the start. */
export async function limitLog(
  user: ServerUser | null,
  file: string,
  maxBytes = MAX_LOG_BYTES,
): Promise<void> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= maxBytes) return;
  if (user !== null) return asUser(user, 'sh', ['-c', 'cp -- "$1" "$1.1" && : > "$1"', 'sh', file], '');
  await copyFile(file, `${file}.1`);
  await truncate(file);
}

async function asUser(
  user: ServerUser,
  program: string,
  args: readonly string[],
  input: string,
): Promise<void> {
  const { exitCode, output } = await runCommand(program, args, { user, input });
  if (exitCode !== 0) {
    // tee repeats what it reads; the reason is what it says beside it.
    const reason = output.replace(input, '').trim();
    throw new KpoolError(
      'database.data-directory',
      `A file of the embedded PostgreSQL cannot be written: ${reason}`,
    );
  }
}
