#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { processEnvironment } from '../config/process-environment';
import { systemClock } from '../core/clock';
import { runCli } from './run';

/** How long a connection left open by mistake may keep a finished program alive. */
const LEAVE_AFTER_MS = 2_000;

// On a host with much memory V8 lets garbage grow to four times what is in use: a snapshot of 100,000 workers took 340
// MiB so and takes 240 MiB with this, for no more CPU (bench/fleet.ts).
setFlagsFromString('--heap-growing-percent=60');

// `kpool status | head -1` closes our output early: nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const world = {
  argv: process.argv.slice(2),
  env: processEnvironment(),
  workingDirectory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
};

void runCli(world, process).then((exitCode) => {
  process.exitCode = exitCode;
  setTimeout(() => process.exit(), LEAVE_AFTER_MS).unref();
});
