import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import type { Mistakes } from './mistakes';

/** Variables by name; an unset one is absent or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of a `.env` file; none when there is no such file. A file that cannot be read, or that dotenv
 * would read differently from how it looks, is a mistake.
 */
export function readEnvFile(filePath: string, mistakes: Mistakes): Environment {
  let bytes: Buffer;
  try {
    bytes = readFileSync(filePath);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    if (code !== 'ENOENT')
      mistakes.add(filePath, `a file that cannot be read (${code})`, 'a readable .env file');
    return {};
  }
  // PowerShell's `>` writes UTF-16, in which dotenv would silently find no variable.
  if (bytes.includes(0)) {
    mistakes.add(filePath, 'bytes that are not UTF-8 text (UTF-16?)', 'a text file saved as UTF-8');
    return {};
  }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  reportTruncatedValues(filePath, text, mistakes);
  reportIgnoredLines(filePath, text, mistakes);
  return parse(text);
}

/**
 * dotenv ignores a line that sets nothing, such as one without `=`. It is reported by its number only: its text may be
 * a secret. A line within a quoted value does set something.
 */
function reportIgnoredLines(filePath: string, text: string, mistakes: Mistakes): void {
  const lines = text.split(/\r\n|\r|\n/);
  const meaning = JSON.stringify(parse(text));
  const idle = lines.flatMap((line, index) => {
    if (/^\s*(?:#|$)/.test(line) || /^\s*(?:export\s+)?[\w.-]+\s*=/.test(line)) return [];
    return JSON.stringify(parse(lines.with(index, '').join('\n'))) === meaning ? [index + 1] : [];
  });
  if (idle.length === 0) return;
  mistakes.add(
    `${filePath}, line${idle.length === 1 ? '' : 's'} ${idle.join(', ')}`,
    'text that sets no variable (not shown)',
    'NAME=value, or # before a comment',
  );
}

/** dotenv ends an unquoted value at `#`, so that a passphrase `a#b` would silently become `a`. */
function reportTruncatedValues(filePath: string, text: string, mistakes: Mistakes): void {
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ''] = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/.exec(line) ?? [];
    // After a blank, # starts an intended comment.
    if (name === undefined || /^\s*['"`]/.test(value) || !/^(?:[^#]*[^#\s]#|#\S)/.test(value)) continue;
    mistakes.add(
      `${name} in ${filePath}`,
      'a # inside a value without quotes',
      "the value in single quotes: '…'",
    );
  }
}
