import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Bench, type Figure } from './figure';

const ROOT = join(__dirname, '..');
const NEEDED = ['package.json', 'package-lock.json', '.npmrc', 'scripts'];

/** MiB that `npm ci` brings, without running anything of it. */
function installMiB(args: readonly string[]): number {
  const directory = mkdtempSync(join(tmpdir(), 'kpool-bench-install-'));
  try {
    for (const name of NEEDED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...args], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const told = execFileSync('du', ['-sm', join(directory, 'node_modules')], { encoding: 'utf8' });
    return Number(told.split('\t')[0]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(log: (line: string) => void): Promise<readonly Figure[]> {
  log('production');
  const production = installMiB(['--omit=dev', '--omit=optional']);
  log('everything');
  const full = installMiB([]);
  return Promise.resolve([
    // The Dockerfile takes out what is never loaded, too: docs/decisions.md.
    { what: 'production install, MiB', values: [production], baseline: null, target: atMost(100) },
    { what: 'full install, MiB', values: [full], baseline: null, target: atMost(400) },
  ]);
}

export const install: Bench = { name: 'install', title: 'What an install takes on disk', minutes: 2, run };
