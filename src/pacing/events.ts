import type { PacedBucket, PaceScope } from './buckets';

/** What a person or a metric may want to know. */
export type PacingEvent =
  | {
      readonly kind: 'granted';
      readonly bucket: PacedBucket;
      readonly scope: PaceScope;
      readonly waitedMs: number;
    }
  /** The pool throttled a key, which is paced as a whole from now on; or it meant something else. */
  | { readonly kind: 'scoped'; readonly key: string; readonly scope: PaceScope }
  | ({ readonly kind: 'waiting' } & LongWait)
  | { readonly kind: 'unavailable'; readonly error: unknown };

/** Nothing was granted to a bucket for long although someone waits. */
export interface LongWait {
  /** How many buckets wait that long. */
  readonly buckets: number;
  readonly longestMs: number;
  /** More than 0: the database has lost its record of the last requests, and grants nothing for this long. */
  readonly lostForMs: number;
}
