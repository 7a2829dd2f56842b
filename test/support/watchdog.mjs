// Outlives the jest process by a moment: when its standard input ends, whatever ended jest (a failure, Ctrl-C,
// kill -9), every server of the run is stopped and the run's directory removed.
import { readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_ATTEMPTS = 100;
const [runDirectory] = process.argv.slice(2);
/** May be a link to elsewhere. */
const memory = realpathSync(join(runDirectory, 'memory'));

/** Each file in <run directory>/services holds a signal and the path of a file whose first line is a pid. */
function services() {
  const names = (() => {
    try {
      return readdirSync(join(runDirectory, 'services'));
    } catch {
      return [];
    }
  })();
  return names.flatMap((name) => {
    try {
      const [signal, pidFile] = readFileSync(join(runDirectory, 'services', name), 'utf8').split('\n');
      const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
      return Number.isInteger(pid) && pid > 1 ? [{ pid, signal }] : [];
    } catch {
      return []; // It never started, or has already stopped.
    }
  });
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.stdin.resume();
process.stdin.on('end', async () => {
  const running = services();
  for (const { pid, signal } of running) send(pid, signal);
  for (let attempt = 0; attempt < STOP_ATTEMPTS && running.some(({ pid }) => send(pid, 0)); attempt++)
    await sleep(50);
  for (const { pid } of running) send(pid, 'SIGKILL');
  // A child process of a test may still be writing into it.
  for (const directory of [memory, runDirectory])
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  process.exit(0);
});
