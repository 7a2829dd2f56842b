import { KpoolError } from './errors';

/** Throws `broken-promise` unless `condition` holds: for what our own code promises, never for input. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new KpoolError('broken-promise', `A promise of the program does not hold: ${invariant}.`);
}

/** For the `default` of a switch over a union: the compiler refuses a forgotten case. */
export function unreachable(value: never): never {
  throw new KpoolError('broken-promise', `Unexpected value: ${String(value)}.`);
}
