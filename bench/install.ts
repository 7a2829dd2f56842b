import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Bench, type Figure } from './figure';

const ROOT = join(__dirname, '..');
const NEEDED = ['package.json', 'package-lock.json', '.npmrc', 'scripts'];

/** MiB that `npm ci` installs, without running any scripts. */
function installMiB(args: readonly string[]): number {
  const directory = mkdtempSync(join(tmpdir(), 'kpool-bench-install-'));
  try {
    for (const name of NEEDED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...args], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return sizeMiB(join(directory, 'node_modules'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function sizeMiB(directory: string): number {
  return Number(execFileSync('du', ['-sm', directory], { encoding: 'utf8' }).split('\t')[0]);
}

function run(log: (line: string) => void): Promise<readonly Figure[]> {
  log('production');
  const installed = installMiB(['--omit=dev', '--omit=optional']);
  const production = installed + sizeMiB(join(ROOT, 'dist', 'node_modules'));
  log('everything');
  const full = installMiB([]);
  return Promise.resolve([
    {
      what: 'production install with what the build copies, MiB',
      values: [production],
      baseline: null,
      target: atMost(100),
    },
    { what: 'full install, MiB', values: [full], baseline: null, target: atMost(400) },
  ]);
}

export const install: Bench = {
  name: 'install',
  title: 'The size of an installation on disk',
  minutes: 2,
  run,
};
