// `npm run build`: compiles into dist/, and copies there what the program loads from some large packages. These are
// therefore development packages: an installation for production holds 9 MB of them instead of 165 (docs/decisions.md).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const compiler = path.join(root, 'node_modules', 'typescript-native', 'bin', 'tsc');
/** Each package, and which of its files are copied; what they are licensed under always is. */
const BUNDLED = JSON.parse(readFileSync(path.join(root, 'scripts', 'bundled-packages.json'), 'utf8'));
const ALWAYS = /^(package\.json|licenses?\b.*|notice.*)$/i;
/** Where Node looks first for what dist/ requires. */
const TARGET = path.join(root, 'dist', 'node_modules');

/** Written by each build. */
export const BUILT = path.join(root, 'dist', 'build.tsbuildinfo');

/** False in an installation without development packages, which comes built. */
export const canBuild = () => existsSync(compiler);

/** True if it succeeded; the compiler's messages go to `output`, a file descriptor. */
export function build(output) {
  const { status } = spawnSync(process.execPath, [compiler, '-b', path.join(root, 'tsconfig.build.json')], {
    cwd: root,
    stdio: ['ignore', output, 2],
  });
  if (status !== 0) return false;
  for (const [name, pattern] of Object.entries(BUNDLED)) copyPackage(name, new RegExp(pattern));
  // The compiler leaves this file alone if only a package was replaced.
  utimesSync(BUILT, new Date(), new Date());
  return true;
}

function copyPackage(name, pattern) {
  const source = path.join(root, 'node_modules', name);
  for (const file of readdirSync(source, { recursive: true })) {
    const slashed = file.replaceAll(path.sep, '/');
    if (!ALWAYS.test(slashed) && !pattern.test(slashed)) continue;
    const from = path.join(source, file);
    if (statSync(from).isFile()) cpSync(from, path.join(TARGET, name, file));
  }
  dropExports(path.join(TARGET, name));
}

const filesOf = (target) =>
  typeof target === 'string' ? [target] : Object.values(target ?? {}).flatMap(filesOf);

/** Of date-fns, Node would parse 139 kB of them for every command, and search them for each of thirty imports. */
function dropExports(directory) {
  const file = path.join(directory, 'package.json');
  const { exports, ...description } = JSON.parse(readFileSync(file, 'utf8'));
  if (exports === undefined) return;
  const isCopied = (target) => target.includes('*') || existsSync(path.join(directory, target));
  const kept = Object.entries(exports).filter(([, target]) => filesOf(target).some(isCopied));
  writeFileSync(file, JSON.stringify({ ...description, exports: Object.fromEntries(kept) }));
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !build(1)) process.exitCode = 1;
