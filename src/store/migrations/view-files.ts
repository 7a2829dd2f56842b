import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { KpoolError } from '../../core/errors';

/** A view or function of this build, in a file named after it: `report.income_ledger.sql`. */
export interface ViewFile {
  readonly name: string;
  /** CREATE OR REPLACE and the comments; applied again whenever it changes. */
  readonly script: string;
  /** SHA-256 of the file, in hex. */
  readonly checksum: string;
  /** Names of the other files whose objects the script uses. */
  readonly uses: readonly string[];
}

const EXTENSION = '.sql';
/** A name in a comment or a string (such as the text of a COMMENT ON) is not a dependency. */
const COMMENTS_AND_TEXTS = /--[^\n]*|'(?:[^']|'')*'/g;

/**
 * Every view file in `directory`, each after those that it uses. What a script uses is read from the script: the
 * schema-qualified names of other files in it.
 */
export async function readViewFiles(directory: string): Promise<ViewFile[]> {
  const scripts = await readScripts(directory);
  const files = scripts.map(({ name, bytes }): ViewFile => {
    const script = bytes.toString('utf8');
    const code = script.replace(COMMENTS_AND_TEXTS, '');
    return {
      name,
      script,
      checksum: createHash('sha256').update(bytes).digest('hex'),
      uses: scripts
        .map((other) => other.name)
        .filter((other) => other !== name && new RegExp(`\\b${other.replace('.', '\\.')}\\b`).test(code)),
    };
  });
  return inOrderOfUse(files);
}

/** The files named and all that use them, directly or through others, in the order of `files`. */
export function withDependents(files: readonly ViewFile[], names: Iterable<string>): ViewFile[] {
  const affected = new Set(names);
  // Each file comes after those that it uses, so one pass finds them all.
  return files.filter((file) => {
    const isAffected = affected.has(file.name) || file.uses.some((used) => affected.has(used));
    if (isAffected) affected.add(file.name);
    return isAffected;
  });
}

async function readScripts(directory: string): Promise<{ name: string; bytes: Buffer }[]> {
  try {
    const entries = await readdir(directory);
    const names = entries.filter((entry) => entry.endsWith(EXTENSION)).sort();
    return await Promise.all(
      names.map(async (entry) => ({
        name: entry.slice(0, -EXTENSION.length),
        bytes: await readFile(path.join(directory, entry)),
      })),
    );
  } catch (cause) {
    throw new KpoolError('database.migration-failed', `The views in ${directory} cannot be read.`, {
      hint: 'Reinstall the program: prisma/views is part of it.',
      cause,
    });
  }
}

function inOrderOfUse(files: readonly ViewFile[]): ViewFile[] {
  const ordered: ViewFile[] = [];
  let waiting = files;
  while (waiting.length > 0) {
    const names = new Set(waiting.map((file) => file.name));
    const ready = waiting.filter((file) => !file.uses.some((used) => names.has(used)));
    if (ready.length === 0) {
      throw new KpoolError(
        'broken-promise',
        `The views ${[...names].join(', ')} use each other in a circle.`,
      );
    }
    ordered.push(...ready);
    waiting = waiting.filter((file) => !ready.includes(file));
  }
  return ordered;
}
