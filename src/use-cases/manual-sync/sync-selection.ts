// What kpool sync is asked for: streams, account, sub-account, algorithm.
import { KpoolError } from '../../core/errors';
import type { Puid } from '../../domain/ids';
import type { Stream } from '../../domain/streams';
import type { StreamRegistry } from '../../sync/stream-registry';

export interface SyncSelection {
  /** Null: all. */
  readonly streams: readonly Stream[] | null;
  readonly accountName: string | null;
  readonly puid: Puid | null;
  readonly algo: string | null;
}

export const EVERYTHING: SyncSelection = { streams: null, accountName: null, puid: null, algo: null };

/** A sub-account and an algorithm that an account has. */
export interface KnownScope {
  readonly puid: Puid | null;
  readonly algo: string | null;
}

/** At most this many names are listed; the others are counted. */
const MAX_NAMES_LISTED = 20;

export function isSelected(selection: SyncSelection, scope: KnownScope): boolean {
  if (scope.puid !== null && selection.puid !== null && scope.puid !== selection.puid) return false;
  return scope.algo === null || selection.algo === null || scope.algo === selection.algo;
}

/**
 * The error for a selection that matches none of the `known` scopes, which names the known ones; null if the selection
 * matches.
 */
export function findMismatch(
  selection: SyncSelection,
  known: readonly KnownScope[],
  registry: StreamRegistry,
): KpoolError | null {
  const { puid, algo, streams } = selection;
  if (known.some((scope) => isSelected(selection, scope))) return null;
  if (puid === null && algo === null) {
    if (streams?.every((stream) => registry.get(stream).scopes === 'mining') !== true) return null;
    return new KpoolError('usage.invalid', `There is nothing to sync for ${streams.join(', ')}.`, {
      hint: 'The pool lists no sub-account, or no algorithm.',
    });
  }
  const parts = [
    ...(puid === null ? [] : [`sub-account ${puid}`]),
    ...(algo === null ? [] : [`algorithm ${algo}`]),
  ];
  return new KpoolError('usage.invalid', `There is no ${parts.join(' with ')}.`, {
    hint:
      `Known sub-accounts: ${listNames(known.map((scope) => scope.puid))}; ` +
      `algorithms: ${listNames(known.map((scope) => scope.algo))}.`,
  });
}

function listNames(values: readonly (bigint | string | null)[]): string {
  const names = [...new Set(values.flatMap((value) => (value === null ? [] : [String(value)])))];
  if (names.length === 0) return 'none';
  const more = names.length - MAX_NAMES_LISTED;
  return names.slice(0, MAX_NAMES_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
