import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from './test-run';

const INSTALL_TIMEOUT_MS = 180_000;

/** As root on a Debian-like machine, installs a package once a run; otherwise does nothing. */
export function installDebianPackage(name: string): void {
  const attempted = join(runDirectory(), `${name}-installation-attempted`);
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || existsSync(attempted)) return;
  process.stderr.write(`Installing the package ${name} with apt-get for the tests.\n`);
  // If another jest worker is installing it, apt waits and then finds it installed.
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', [...options, ...args], {
      stdio: 'ignore',
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!apt('install', name) && apt('update')) apt('install', name);
  writeFileSync(attempted, '');
}
