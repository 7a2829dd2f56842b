import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/**
 * A TypeScript program in a process of its own, which talks in lines: JSON values on its standard output, words on
 * its standard input. Its standard error is collected for failure messages.
 */
export class ChildProgram {
  private readonly process: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
  private errors = '';

  constructor(file: string, args: readonly string[] = [], options: { readonly detached?: boolean } = {}) {
    this.process = spawn(process.execPath, ['-r', join(__dirname, 'typescript-hook.cjs'), file, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: options.detached ?? false,
    });
    this.process.stdin!.on('error', () => undefined);
    this.process.stderr!.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    this.lines = createInterface({ input: this.process.stdout! });
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The next line that it prints, parsed. Fails when it ends instead. */
  async answer<T>(): Promise<T> {
    const next = await this.answers.next();
    if (next.done === true) throw new Error(`The program ended without an answer.\n${this.errors}`);
    return JSON.parse(next.value) as T;
  }

  tell(word: string): void {
    this.process.stdin!.write(`${word}\n`);
  }

  async ask<T>(word: string): Promise<T> {
    this.tell(word);
    return this.answer<T>();
  }

  /** Sends the signal and waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}
