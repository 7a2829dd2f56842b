import { existsSync } from 'node:fs';
import path from 'node:path';
import { KpoolError } from './errors';

/**
 * Where the program is installed: the folder of the nearest package.json above this file, the same from `src` and from
 * `dist/src`. Throws `broken-promise` where there is none.
 */
export function findProgramFolder(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder))
      throw new KpoolError('broken-promise', 'The program is installed without its package.json.');
  }
}
