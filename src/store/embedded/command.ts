import { spawn } from 'node:child_process';
import { KpoolError } from '../../core/errors';

/** The system user that PostgreSQL's programs run as; null: the one that we run as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandOptions {
  readonly user: ServerUser | null;
  /** Written to the program's standard input. */
  readonly input?: string;
  /** Kills the program when it fires; the call ends when the program has ended. */
  readonly signal?: AbortSignal | undefined;
}

interface CommandResult {
  readonly exitCode: number;
  /** Standard output and standard error together, as they came. */
  readonly output: string;
}

/** Enough for any message; what a program writes beyond it is dropped. */
const MAX_OUTPUT_LENGTH = 100_000;
const OUTPUT_GRACE_MS = 500;

/**
 * PostgreSQL's programs get an environment of their own: English messages, since we read some, none of the user's
 * PG* variables, none of our secrets, and a working directory that every user may enter. Windows programs cannot
 * live without the inherited ones.
 */
const environment =
  process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, cwd: '/' };

/** Runs a program to its end. Throws `aborted` when `signal` fired, the system's error when it cannot be run. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...environment,
      ...(options.user === null ? {} : { uid: options.user.uid, gid: options.user.gid }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      windowsHide: true,
    });
    let output = '';
    const collect = (chunk: string): void => {
      output = (output + chunk).slice(0, MAX_OUTPUT_LENGTH);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    // A program that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const aborted = (cause?: unknown): KpoolError =>
      new KpoolError('aborted', 'Stopped on request.', { cause });
    child.on('error', (cause) => {
      // A program that is being killed may still write: its end is waited for.
      if (child.pid === undefined) reject(options.signal?.aborted === true ? aborted(cause) : cause);
    });
    child.on('exit', (exitCode) => {
      const done = (): void => {
        clearTimeout(timer);
        child.stdout.destroy();
        child.stderr.destroy();
        if (options.signal?.aborted === true) reject(aborted());
        else resolve({ exitCode: exitCode ?? -1, output });
      };
      // A server that pg_ctl leaves behind could hold the pipes open, so their end is not waited for for ever.
      const timer = setTimeout(done, OUTPUT_GRACE_MS);
      child.on('close', done);
    });
  });
}
