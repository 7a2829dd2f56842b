#!/usr/bin/env node
// `npx kpool`, `npm run kpool`, `npm start`: builds what changed since the last build, then runs in this process, so that
// Ctrl-C reaches kpool alone and the exit code is its own.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUILT, build, canBuild } from './build.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const ENTRY = path.join(root, 'dist', 'src', 'cli', 'kpool.js');
const SOURCES = ['src', 'jobs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) =>
  path.join(root, name),
);

function isNewer(source, thanMs) {
  const { mtimeMs } = statSync(source);
  // A folder's own time tells of files that came and went.
  if (mtimeMs > thanMs) return true;
  return readdirSync(source, { withFileTypes: true }).some((entry) => {
    const name = path.join(source, entry.name);
    return entry.isDirectory() ? isNewer(name, thanMs) : statSync(name).mtimeMs > thanMs;
  });
}

function isStale() {
  if (!existsSync(ENTRY) || !existsSync(BUILT)) return true;
  const builtMs = statSync(BUILT).mtimeMs;
  return SOURCES.filter((source) => existsSync(source)).some((source) =>
    statSync(source).isDirectory() ? isNewer(source, builtMs) : statSync(source).mtimeMs > builtMs,
  );
}

// Standard output belongs to the command: what the compiler says goes to standard error.
if (canBuild() && isStale() && !build(2)) process.exit(1);
require(ENTRY);
