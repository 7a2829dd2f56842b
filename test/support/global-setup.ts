import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createRunDirectory } from './test-run';

/** Jest's globalSetup: creates a directory for this run, and starts the watchdog that cleans up after it. */
export default function globalSetup(): void {
  const directory = createRunDirectory();
  globalThis.kpoolWatchdog = spawn(process.execPath, [join(__dirname, 'watchdog.mjs'), directory], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
}
