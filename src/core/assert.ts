import { KpoolError } from './errors';

/** Throws `broken-promise` unless `condition` holds. For invariants of our own code, never for input. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition)
    throw new KpoolError('broken-promise', `A promise of the program does not hold: ${invariant}.`);
}
