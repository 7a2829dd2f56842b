import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');

export interface SourceFile {
  /** From the repository's root. */
  readonly file: string;
  readonly text: string;
}

/** The files in `folders` whose name matches `ending`, without generated ones. */
export function readSourceFiles(folders: readonly string[], ending: RegExp): readonly SourceFile[] {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
        (file) => `${folder}/${file}`,
      ),
    )
    .filter((file) => ending.test(file) && !file.startsWith('src/store/generated/'))
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}
