import { createHash, randomBytes } from 'node:crypto';
import { access, link, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { KpoolError } from '../../core/errors';

/** A file that was written. */
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

/** Systems of files that know no second name for a file say one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP', 'EMLINK']);

/** Throws `usage.invalid` when there is a file of that name. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists) throw alreadyThere(file);
}

/**
 * Writes a file under another name and gives it its own when it is complete: interrupted at any instant, there is no
 * half a file of that name. Throws `usage.invalid` when there is one already, or when the folder cannot be written.
 */
export async function writeWholeFile(
  file: string,
  chunks: AsyncIterable<string | Uint8Array>,
  { mayReplace }: WriteOptions,
): Promise<WrittenFile> {
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.partial`;
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(unfinished, 'wx', 0o640).catch((cause: unknown) => {
    throw cannotWrite(file, cause);
  });
  try {
    try {
      for await (const chunk of chunks) {
        const buffer = Buffer.from(chunk);
        hash.update(buffer);
        bytes += buffer.length;
        await handle.writeFile(buffer).catch((cause: unknown) => {
          throw cannotWrite(file, cause);
        });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await giveName(unfinished, file, mayReplace);
  } finally {
    await rm(unfinished, { force: true });
  }
  return { name: path.basename(file), bytes, sha256: hash.digest('hex') };
}

/** Makes the folder, with those above it. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw cannotWrite(folder, cause);
  });
}

async function giveName(unfinished: string, file: string, mayReplace: boolean): Promise<void> {
  if (mayReplace) return rename(unfinished, file);
  try {
    // Unlike rename, never replaces what another process put there meanwhile.
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
  return new KpoolError('usage.invalid', `There is already a file ${file}.`, {
    hint: 'Take --force to replace it, or another folder with --out.',
  });
}

function cannotWrite(file: string, cause: unknown): KpoolError {
  const { code } = cause as NodeJS.ErrnoException;
  return new KpoolError('usage.invalid', `${file} cannot be written (${code ?? 'no reason given'}).`, {
    hint: 'Name a folder that you may write to with --out.',
    cause,
  });
}
