import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { KpoolError } from '../../core/errors';

/** A written file. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  /** Of its content, in hexadecimal. */
  readonly sha256: string;
}

export interface WriteOptions {
  /** Whether a file of that name may be replaced. */
  readonly mayReplace: boolean;
}

/** Errors of file systems without hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK']);

/** Errors when the disk, the user's quota or the file size limit is exhausted. */
const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Throws `usage.invalid` if a file of that name exists. */
export async function refuseExisting(file: string): Promise<void> {
  if (await isThere(file)) throw alreadyThere(file);
}

/** A complete file under a temporary name. The caller that prepared it must call `discard`, however the work ends. */
export interface PreparedFile extends WrittenFile {
  /** Gives it its final name. Throws `usage.invalid` if a file of that name exists and may not be replaced. */
  readonly giveName: () => Promise<void>;
  /** From now on `discard` leaves the named file where it is. */
  readonly keep: () => void;
  /** Removes the file, puts back the one that it replaced, and removes everything temporary. */
  readonly discard: () => Promise<void>;
}

/**
 * Writes a file under a temporary name, to be renamed when complete, so that an interruption never leaves a partial file.
 * Throws `usage.invalid` if the folder is not writable or the disk is full.
 */
export async function prepareWholeFile(
  file: string,
  chunks: AsyncIterable<string | Uint8Array>,
  { mayReplace }: WriteOptions,
): Promise<PreparedFile> {
  const mark = randomBytes(4).toString('hex');
  const unfinished = `${file}.${mark}.partial`;
  const replaced = `${file}.${mark}.replaced`;
  let undoName = (): Promise<void> => Promise.resolve();
  const removeTemporary = async (): Promise<void> => {
    for (const temporary of [unfinished, replaced]) await rm(temporary, { force: true });
  };
  try {
    const { bytes, sha256 } = await writeNew(unfinished, file, chunks);
    return {
      name: path.basename(file),
      bytes,
      sha256,
      async giveName() {
        const replaces = mayReplace && (await isThere(file));
        if (replaces) await copyFile(file, replaced);
        await moveTo(unfinished, file, mayReplace);
        undoName = () => (replaces ? rename(replaced, file) : rm(file, { force: true }));
      },
      keep() {
        undoName = () => Promise.resolve();
      },
      async discard() {
        await undoName();
        await removeTemporary();
      },
    };
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

/** The SHA-256 of a file in hexadecimal; null if there is no such file. Throws `usage.invalid` if it cannot be read. */
export async function findHash(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new KpoolError('usage.invalid', `${file} cannot be read (${code ?? 'no reason given'}).`, {
      hint: 'Allow this user to read it: an export checks that the one that it continues is unchanged.',
      cause,
    });
  }
  return hash.digest('hex');
}

async function writeNew(
  unfinished: string,
  file: string,
  chunks: AsyncIterable<string | Uint8Array>,
): Promise<Omit<WrittenFile, 'name'>> {
  const telling = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw cannotWrite(file, cause);
    });
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await telling(open(unfinished, 'wx', 0o640));
  try {
    for await (const chunk of chunks) {
      const buffer = Buffer.from(chunk);
      hash.update(buffer);
      bytes += buffer.length;
      await telling(handle.writeFile(buffer));
    }
    await telling(handle.sync());
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * Creates the folder and its parents one by one, because Node's recursive `mkdir` never returns if an existing folder cannot
 * contain another, as in /proc. Throws `usage.invalid` if it cannot be created.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await isFolder(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch(async (cause: unknown) => {
    // Another process may have just created it.
    if (!(await isFolder(folder))) throw cannotWrite(folder, cause);
  });
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function moveTo(unfinished: string, file: string, mayReplace: boolean): Promise<void> {
  if (mayReplace) return rename(unfinished, file);
  try {
    // Unlike rename, link never replaces a file that another process has just written.
    await link(unfinished, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw alreadyThere(file);
    if (code === undefined || !NO_LINKS.has(code)) throw cannotWrite(file, error);
    await refuseExisting(file);
    await rename(unfinished, file);
  }
}

function alreadyThere(file: string): KpoolError {
  return new KpoolError('usage.invalid', `${file} already exists.`, {
    hint: 'Pass --force to overwrite it, or choose another folder with --out.',
  });
}

function cannotWrite(file: string, cause: unknown): KpoolError {
  const { code } = cause as NodeJS.ErrnoException;
  const hint = NO_SPACE.has(code ?? '')
    ? 'The disk is full: free some space, or choose a folder elsewhere with --out. No partial file was left.'
    : 'Choose a folder that you can write to with --out.';
  return new KpoolError('usage.invalid', `${file} cannot be written (${code ?? 'no reason given'}).`, {
    hint,
    cause,
  });
}
