import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findProgramFolder } from './program-folder';

/** The version in the program's package.json. */
export function readVersion(): string {
  const text = readFileSync(path.join(findProgramFolder(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
