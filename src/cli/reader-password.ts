import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Sql } from 'postgres';
import { KpoolError } from '../core/errors';
import { hasRole } from '../store/readers/reader-login';

/** 144 bits, as base64url, which needs no escaping in a URL. */
const READER_PASSWORD_BYTES = 18;
const PRINTABLE_ASCII = /^[\x21-\x7e]{8,200}$/;

/** A new password for a reading role. */
export function createReaderPassword(): string {
  return randomBytes(READER_PASSWORD_BYTES).toString('base64url');
}

export interface PasswordFlags {
  readonly passwordFile?: string;
  readonly newPassword?: boolean;
}

export interface NewPassword {
  readonly text: string;
  /** The file it is kept in; null: it has to be printed, once. */
  readonly file: string | null;
}

/** The password in a file; null if the file does not exist. */
async function readPassword(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new KpoolError('usage.invalid', `${file} cannot be read.`, {
      hint: 'Give --password-file a readable file, or one that does not exist yet.',
      cause,
    });
  });
  if (text === null) return null;
  const password = text.replace(/\r?\n$/, '');
  if (PRINTABLE_ASCII.test(password)) return password;
  throw new KpoolError('usage.invalid', `${file} contains no valid password.`, {
    hint: 'It must be one line of 8 to 200 printable ASCII characters without spaces.',
  });
}

/** Writes a new file that only its owner can read. */
async function writePassword(file: string, password: string): Promise<void> {
  try {
    await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new KpoolError('usage.invalid', `${file} cannot be written.`, {
      hint: 'Give --password-file a file in an existing folder that you can write to.',
      cause,
    });
  }
}

/** The password to set; null to keep that of an existing role. */
export async function choosePassword(
  sql: Sql,
  role: string,
  flags: PasswordFlags,
): Promise<NewPassword | null> {
  const isKnown = await hasRole(sql, role);
  if (flags.passwordFile !== undefined) {
    const file = path.resolve(flags.passwordFile);
    const given = await readPassword(file);
    if (given !== null) return { text: given, file };
    const text = createReaderPassword();
    await writePassword(file, text);
    return { text, file };
  }
  if (isKnown && flags.newPassword !== true) return null;
  return { text: createReaderPassword(), file: null };
}
