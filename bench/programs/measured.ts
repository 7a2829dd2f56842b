import { performance } from 'node:perf_hooks';

/** The cost of a piece of work, measured by the process that did it. */
export interface Measured {
  readonly seconds: number;
  /** User and system time of this process, s. */
  readonly cpuS: number;
  /** Peak memory so far, MiB. */
  readonly peakMiB: number;
}

const KIB_PER_MIB = 1_024;

export async function measure(work: () => Promise<unknown>): Promise<Measured> {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await work();
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuS: (user + system) / 1e6, peakMiB: process.resourceUsage().maxRSS / KIB_PER_MIB };
}
