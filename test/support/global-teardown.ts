import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

declare global {
  /** Ends the run's servers when its standard input ends (watchdog.mjs). */
  var kpoolWatchdog: ChildProcess | undefined;
}

/** Jest's globalTeardown: stops the run's servers and removes what they wrote. */
export default async function globalTeardown(): Promise<void> {
  const watchdog = globalThis.kpoolWatchdog;
  if (watchdog === undefined) return;
  const ended = once(watchdog, 'exit');
  watchdog.stdin?.end();
  await ended;
}
