import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';

/** The database user, its database: the same name. */
export const OWNER = 'kpool';
const PASSWORD_BYTES = 24;

/**
 * The owner's password, kept in the format of PGPASSFILE (PostgreSQL's documentation, "The Password File"), mode
 * 0600; null when there is no such file. Only letters, digits, `-` and `_`, so nothing in it needs escaping.
 */
export async function findPassword(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const line = text?.split('\n').find((candidate) => candidate.split(':')[3] === OWNER);
  if (line === undefined) return null;
  await chmod(file, 0o600);
  return line.split(':').slice(4).join(':').trim();
}

/** Writes a new password, whole or not at all, and returns it. */
export async function writeNewPassword(file: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const unfinished = `${file}.new`;
  await writeFile(unfinished, `*:*:*:${OWNER}:${password}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  return password;
}
