import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
/** Some looks read a whole ledger: what takes longer is looked for less often. */
const LATER_EVERY_MS = 250;
const LATER_AFTER_MS = 1_500;

/** Resolves with the first value that `find` finds (not null); fails, saying `what`, when none came in time. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  find: () => Promise<T | null>,
): Promise<T> {
  const startMs = performance.now();
  for (;;) {
    const found = await find();
    if (found !== null) return found;
    const waitedMs = performance.now() - startMs;
    if (waitedMs > timeoutMs) throw new Error(`It never came to this within ${timeoutMs} ms: ${what}.`);
    await sleep(waitedMs < LATER_AFTER_MS ? LOOK_EVERY_MS : LATER_EVERY_MS);
  }
}
