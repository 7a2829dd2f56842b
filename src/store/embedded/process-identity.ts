import { readFile } from 'node:fs/promises';
import { runCommand } from './command';

/** A process, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; null where the system does not tell, and then the number alone decides. */
  readonly startedAt: string | null;
}

export async function currentProcess(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: await startOf(process.pid) };
}

/** False for a process that has ended, that is a zombie, or whose number belongs to another one by now. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  // 0 and negative numbers address groups of processes.
  if (identity.pid <= 0 || !hasNumber(identity.pid)) return false;
  const startedAt = await startOf(identity.pid);
  if (startedAt === null) return process.platform === 'win32';
  return identity.startedAt === null || identity.startedAt === startedAt;
}

/** The identity that `JSON.stringify` wrote, or null when `text` is something else. */
export function findIdentity(text: string): ProcessIdentity | null {
  try {
    const value = JSON.parse(text) as Partial<ProcessIdentity> | null;
    if (typeof value?.pid !== 'number' || !Number.isInteger(value.pid) || value.pid <= 0) return null;
    return { pid: value.pid, startedAt: typeof value.startedAt === 'string' ? value.startedAt : null };
  } catch {
    return null;
  }
}

function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function startOf(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return linuxStartOf(pid);
  if (process.platform === 'win32') return null;
  const { exitCode, output } = await runCommand('ps', ['-o', 'lstart=', '-p', String(pid)], { user: null });
  return exitCode === 0 && output.trim() !== '' ? output.trim() : null;
}

/** Clock ticks since boot, with the boot; proc(5): the name in parentheses may hold anything, so cut after it. */
async function linuxStartOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || ticks === undefined) return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.trim()}/${ticks}`;
}
