import { assert } from '../core/assert';

/** The name of a kind of data that the pool serves. `src/sync/registry.ts` says which there are. */
export type Stream = string;

/** The streams of income, with tables of their own: rows are revised, never deleted. */
export const LEDGER_STREAMS = ['earnings', 'rewards'] as const satisfies readonly Stream[];
export type LedgerStream = (typeof LEDGER_STREAMS)[number];

/** How often a stream is synced, ms; every stream has an interval. */
export function intervalOf(everyMs: Readonly<Record<Stream, number>>, stream: Stream): number {
  const intervalMs = everyMs[stream];
  assert(intervalMs !== undefined && intervalMs > 0, 'every stream has an interval');
  return intervalMs;
}
