import { randomBytes } from 'node:crypto';
import { chmod, link, readFile, rename, rm, writeFile } from 'node:fs/promises';

/** The name of the database user, and of its database. */
export const OWNER = 'kpool';
const OWNER_PASSWORD_BYTES = 24;

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

export function newPassword(): string {
  return randomBytes(OWNER_PASSWORD_BYTES).toString('base64url');
}

/** Writes the password, atomically, unless another process was first; returns the one in the file. */
export async function keepPassword(file: string, password: string): Promise<string> {
  const unfinished = `${file}.${process.pid}.new`;
  await writeFile(unfinished, `*:*:*:${OWNER}:${password}\n`, { mode: 0o600 });
  try {
    await link(unfinished, file);
    return password;
  } catch {
    const kept = await findPassword(file);
    if (kept !== null) return kept;
    // A file without a password, or a file system without links.
    await rename(unfinished, file);
    return password;
  } finally {
    await rm(unfinished, { force: true });
  }
}
