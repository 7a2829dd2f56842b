import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 50;
/** Pauses are longer later on, because `find` may read a whole ledger. */
const LATER_PAUSE_MS = 250;
const LATER_AFTER_MS = 1_500;

/** Resolves with the first value of `find` that is not null; after the timeout, fails and says `what` was awaited. */
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
    if (waitedMs > timeoutMs) throw new Error(`Not reached within ${timeoutMs} ms: ${what}.`);
    await sleep(waitedMs < LATER_AFTER_MS ? FIRST_PAUSE_MS : LATER_PAUSE_MS);
  }
}
