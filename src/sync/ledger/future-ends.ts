import { DAY_MS, horizonMs } from '../../domain/windows';
import type { Bounds } from './slice';

/** Our idea of the pool's clock may be wrong by as much: it accepts timestamps within 5 seconds of its own. */
const CLOCK_ERROR_MS = 5_000;
/** The shortest query, that any server answers which speaks of the scope at all. */
const SHORT_MS = DAY_MS / 4;

/** A short span that has passed. */
export function shortPast(poolNowMs: number): Bounds {
  const endMs = poolNowMs - CLOCK_ERROR_MS;
  return { startMs: endMs - SHORT_MS, endMs };
}

/** The same span, but that it ends in the future, as far ahead as we ever ask. */
export function shortFuture(poolNowMs: number): Bounds {
  return { startMs: poolNowMs - SHORT_MS, endMs: horizonMs(poolNowMs) };
}

/**
 * Whether the pool of an account refuses an `endTime` later than now. The specification does not forbid one, and
 * we ask up to the end of tomorrow, since a pool may date a day by its end.
 */
export class FutureEnds {
  private static readonly ofPools = new WeakMap<object, FutureEnds>();
  private refusedAtMs = -Infinity;

  /** What all scopes of one account share: learnt once by a process. */
  static of(pool: object): FutureEnds {
    const known = FutureEnds.ofPools.get(pool) ?? new FutureEnds();
    FutureEnds.ofPools.set(pool, known);
    return known;
  }

  /** Known for a day: rows that a pool dates ahead must not stay hidden by a mistake. */
  areRefused(poolNowMs: number): boolean {
    return poolNowMs - this.refusedAtMs < DAY_MS;
  }

  noteRefused(poolNowMs: number): void {
    this.refusedAtMs = poolNowMs;
  }

  /** The times to send; null when they lie in the future altogether, where a server that refuses it has no rows. */
  clamp<B extends Bounds>(bounds: B, poolNowMs: number): B | null {
    const lastMs = poolNowMs - CLOCK_ERROR_MS;
    if (!this.areRefused(poolNowMs) || bounds.endMs <= lastMs) return bounds;
    return bounds.startMs > lastMs ? null : { ...bounds, endMs: lastMs };
  }
}
