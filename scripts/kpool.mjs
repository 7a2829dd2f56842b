#!/usr/bin/env node
// `npx kpool`, `npm run kpool`, `npm start`: builds what has changed since the last build, then runs kpool in this
// process, so that Ctrl-C reaches only kpool and its exit code is passed on.
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
  // The modification time of a folder changes when files are added or removed.
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

// Standard output belongs to the command, so the compiler's messages go to standard error.
if (canBuild() && isStale() && !build(2)) process.exit(1);
require(ENTRY);
