import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Resolves with the first value that `find` finds (not null); fails, saying `what`, when none came in time. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  find: () => Promise<T | null>,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    if (performance.now() > deadlineMs)
      throw new Error(`It never came to this within ${timeoutMs} ms: ${what}.`);
    await sleep(LOOK_EVERY_MS);
  }
}
