import type { PacedBucket } from '../core/pacer';
import type { PaceLevel } from './pace-level';

/** Events for the log and the metrics. */
export type PacingEvent =
  | {
      readonly kind: 'granted';
      readonly bucket: PacedBucket;
      readonly level: PaceLevel;
      readonly waitedMs: number;
    }
  /** The pool throttled a key, which is paced as a whole from now on; or that turned out to mean something else. */
  | { readonly kind: 'scoped'; readonly key: string; readonly level: PaceLevel }
  | ({ readonly kind: 'waiting' } & LongWait)
  | { readonly kind: 'unavailable'; readonly error: unknown };

/** A bucket has been granted nothing for a long time although requests wait. */
export interface LongWait {
  /** How many buckets have waited that long. */
  readonly buckets: number;
  readonly longestMs: number;
  /** If > 0: the database has lost its record of the latest requests, and grants nothing for this long. */
  readonly lostForMs: number;
}
