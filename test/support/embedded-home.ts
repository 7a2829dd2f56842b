import { mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { findFreePort, runDirectory, stopAfterRun } from './test-run';

/** A KPOOL_HOME for one test, with a space in its path, and a port for it; removed and stopped after the run. */
export async function createTestHome(): Promise<{ readonly home: string; readonly port: number }> {
  const id = randomBytes(4).toString('hex');
  const parent = join(runDirectory(), `homes of ${id}`);
  mkdirSync(parent);
  const home = join(parent, 'kpool home');
  stopAfterRun(`embedded-${id}`, 'SIGQUIT', join(home, 'postgres', 'data', 'postmaster.pid'));
  return { home, port: await findFreePort() };
}
