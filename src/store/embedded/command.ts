import { execFile } from 'node:child_process';
import { KpoolError } from '../../core/errors';

/** The system user that runs PostgreSQL's programs; null: the user of this process. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandOptions {
  readonly user: ServerUser | null;
  /** Written to the program's standard input. */
  readonly input?: string;
  /** Kills the program when it fires; the call ends when the program has ended, since it may still write. */
  readonly signal?: AbortSignal | undefined;
}

interface CommandResult {
  readonly exitCode: number;
  /** Standard output, then standard error. */
  readonly output: string;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * The environment of PostgreSQL's programs: English messages, since we parse some, none of the user's PG* variables,
 * none of our secrets, and a working directory that every user may enter. Windows programs need the inherited
 * variables.
 */
const environment =
  process.platform === 'win32' ? {} : { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, cwd: '/' };

/** Runs a program to its end. Throws `aborted` if `signal` fires, and the system's error if it cannot be run. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { user, input = '', signal }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const options = { ...environment, ...user, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted === true) reject(new KpoolError('aborted', 'Stopped on request.'));
      else if (error instanceof Error && 'syscall' in error) reject(error);
      // A program that a signal ended has no code.
      else resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
    });
    const kill = (): void => void child.kill();
    signal?.addEventListener('abort', kill);
    if (signal?.aborted === true) kill();
    // A program that ends before it has read everything breaks the pipe; its exit code says why.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Whether a process of that number exists, of any user. */
export function isAlive(pid: number): boolean {
  // 0 and negative numbers address groups of processes.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
