import { readdir, readFile } from 'node:fs/promises';

const CLOCK_TICK_MS = 10;

/** Ticks of user and system time of a process and of its ended children, and its parent; null when it has ended. */
async function ticksOf(
  pid: number,
): Promise<{ readonly parent: number; readonly own: number; readonly children: number } | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // The name, in parentheses, may contain any character.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (index: number): number => fields[index] ?? 0;
  return { parent: at(1), own: at(11) + at(12), children: at(13) + at(14) };
}

/** CPU time that a process has used so far, s. Linux only, like `databaseCpuS`. */
export async function processCpuS(pid: number): Promise<number> {
  return (((await ticksOf(pid))?.own ?? 0) * CLOCK_TICK_MS) / 1_000;
}

/** CPU time that all processes of a PostgreSQL server have used so far, including ended ones, s. */
export async function databaseCpuS(postmasterPid: number): Promise<number> {
  let ticks = 0;
  for (const name of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    const used = await ticksOf(pid);
    if (used === null) continue;
    if (pid === postmasterPid) ticks += used.own + used.children;
    else if (used.parent === postmasterPid) ticks += used.own;
  }
  return (ticks * CLOCK_TICK_MS) / 1_000;
}
