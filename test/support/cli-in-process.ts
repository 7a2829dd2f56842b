import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { tmpdir } from 'node:os';
import { runCli } from '../../src/cli/run';
import { systemClock } from '../../src/core/clock';
import type { KpoolEnd } from './built-kpool';

class Collected extends Writable {
  text = '';

  constructor(private readonly onText: (text: string) => void = () => undefined) {
    super();
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.onText(this.text);
    done();
  }
}

/** Runs `kpool` in this process, from the sources: no build, no start of a program. Ctrl-C once it wrote `stopAt`, anywhere. */
export async function runCliInProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  stopAt?: RegExp,
): Promise<KpoolEnd> {
  const source = Object.assign(new EventEmitter(), { exit: () => undefined });
  let isStopped = false;
  const look = (text: string): void => {
    if (isStopped || stopAt?.test(text) !== true) return;
    isStopped = true;
    source.emit('SIGINT');
  };
  const [stdout, stderr] = [new Collected(look), new Collected(look)];
  const host = {
    argv,
    env: { HOME: '/nonexistent', ...env },
    workingDirectory: tmpdir(),
    stdout,
    stderr,
    clock: systemClock,
  };
  const code = await runCli(host, source);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
