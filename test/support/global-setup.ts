import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { startTestServer } from './postgres-server';
import { SERVER_URL } from './test-database';
import { createRunDirectory } from './test-run';

/** Jest's globalSetup: one PostgreSQL for the whole run. */
export default async function globalSetup(): Promise<void> {
  const directory = createRunDirectory();
  globalThis.kpoolWatchdog = spawn(process.execPath, [join(__dirname, 'watchdog.mjs'), directory], {
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  process.env[SERVER_URL] = await startTestServer();
}
