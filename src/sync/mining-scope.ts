import { KpoolError } from '../core/errors';
import type { MiningScope, Scope } from '../domain/scope';

/** Narrows a scope to one with a sub-account and an algorithm. Throws `broken-promise` when it has none. */
export function miningScopeOf<S extends Scope>(scope: S): S & MiningScope {
  const { puid, algo } = scope;
  if (puid === null || algo === null) {
    throw new KpoolError('broken-promise', `A scope of ${scope.stream} has no sub-account or no algorithm.`);
  }
  return { ...scope, puid, algo };
}
