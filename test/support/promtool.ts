import { spawnSync } from 'node:child_process';
import { installDebianPackage } from './debian-package';

/** Runs Prometheus' own tool; null if there is none and none can be installed. */
export function runPromtool(
  args: readonly string[],
  input = '',
): { readonly code: number | null; readonly output: string } | null {
  const run = () => spawnSync('promtool', args, { input, encoding: 'utf8' });
  let ran = run();
  if (ran.error !== undefined) {
    installDebianPackage('prometheus');
    ran = run();
  }
  if (ran.error !== undefined) return null;
  return { code: ran.status, output: ran.stdout + ran.stderr };
}
