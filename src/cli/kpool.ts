#!/usr/bin/env node
// First, so that everything imported after it is cached.
import './compile-cache';
import { processEnvironment } from '../config/process-environment';
import { systemClock } from '../core/clock';
import { runCli } from './run';

/** How long a leaked connection may keep a finished program alive. */
const LEAVE_AFTER_MS = 2_000;

// `kpool status | head -1` closes our output early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const host = {
  argv: process.argv.slice(2),
  env: processEnvironment(),
  workingDirectory: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
};

void runCli(host, process).then((exitCode) => {
  process.exitCode = exitCode;
  setTimeout(() => process.exit(), LEAVE_AFTER_MS).unref();
});
