import { spawnSync } from 'node:child_process';
import { installDebianPackage } from './debian-package';

/** The Debian package that contains a program. */
const PACKAGES = { 'bean-check': 'beancount', hledger: 'hledger' } as const;

/** Runs a program of plain text accounting, which is installed if possible; null if there is none. */
export function runJournalProgram(
  program: keyof typeof PACKAGES,
  args: readonly string[],
): { readonly status: number | null; readonly output: string } | null {
  const run = () => spawnSync(program, [...args], { encoding: 'utf8' });
  let end = run();
  if (end.error !== undefined) {
    installDebianPackage(PACKAGES[program]);
    end = run();
  }
  return end.error === undefined ? { status: end.status, output: end.stdout + end.stderr } : null;
}
