import type { PacedBucket, Permit } from '../core/pacer';
import { WHOLE_KEY, type PaceLevel } from './pace-level';
import { POLL_INTERVAL_MS, REST_MS } from './time-limits';

/** Waiting this long is worth one step of priority, so that no request starves. */
const AGEING_MS = 30_000;

/** A request that waits for a permit. */
export interface Waiter extends PacedBucket {
  /** 1 is the most urgent. */
  readonly priority: number;
  /** Monotonic ms. */
  readonly arrivedAtMs: number;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: Error) => void;
}

/** The lowest is served first. All waiters age at the same rate, so their order never changes. */
function rankOf({ priority, arrivedAtMs }: Waiter): number {
  return priority * AGEING_MS + arrivedAtMs;
}

/** One bucket as this process sees it. All times are monotonic ms. */
export class Bucket {
  /** In the order of service. */
  readonly waiters: Waiter[] = [];
  /**
   * Permits of this process that occupy a slot, and until when: the end of the lease or, once answered, of the rest.
   */
  readonly uses = new Map<string, number>();
  polledAtMs = -Infinity;
  /** The last poll's forecast of when the next slot is free. */
  forecastFreeAtMs = -Infinity;
  grantedAtMs = -Infinity;

  constructor(
    readonly key: string,
    /** The endpoint, or `WHOLE_KEY`. */
    readonly endpoint: string,
  ) {}

  addWaiter(waiter: Waiter): void {
    const before = this.waiters.findLastIndex((other) => rankOf(other) <= rankOf(waiter));
    this.waiters.splice(before + 1, 0, waiter);
  }

  removeWaiter(waiter: Waiter): void {
    const index = this.waiters.indexOf(waiter);
    if (index >= 0) this.waiters.splice(index, 1);
  }

  /** The ends of all uses that are not over. */
  usedUntilMs(nowMs: number): number[] {
    return [...this.uses.values()].filter((untilMs) => untilMs > nowMs);
  }

  dropEndedUses(nowMs: number): void {
    for (const [permit, untilMs] of this.uses) if (untilMs <= nowMs) this.uses.delete(permit);
  }

  /** How long the first in line has waited without any grant to this bucket. */
  waitMs(nowMs: number): number {
    const [first] = this.waiters;
    return first === undefined ? 0 : nowMs - Math.max(first.arrivedAtMs, this.grantedAtMs);
  }

  /**
   * How long the bucket has waited, which decides its turn among all processes, less `AGEING_MS` per step of priority.
   */
  turnWaitMs(nowMs: number): number {
    return this.waitMs(nowMs) - (this.waiters[0]?.priority ?? 0) * AGEING_MS;
  }
}

/**
 * The buckets of one process: a waiter is in the bucket of its endpoint or of its key, depending on the level.
 */
export class Buckets {
  private readonly byKey = new Map<string, Map<string, Bucket>>();
  /** Keys whose level differs from the one configured. */
  private readonly levels = new Map<string, PaceLevel>();

  constructor(
    private readonly slots: number,
    private readonly configured: PaceLevel,
  ) {}

  all(): Bucket[] {
    return [...this.byKey.values()].flatMap((buckets) => [...buckets.values()]);
  }

  /** Removes and returns all waiters. */
  takeWaiters(): Waiter[] {
    return this.all().flatMap((bucket) => bucket.waiters.splice(0));
  }

  dropEndedUses(nowMs: number): void {
    for (const bucket of this.all()) bucket.dropEndedUses(nowMs);
  }

  /** The buckets to poll now, the longest overdue first. */
  due(nowMs: number): Bucket[] {
    return this.all()
      .map((bucket) => ({ bucket, atMs: this.dueAtMs(bucket, nowMs) }))
      .filter(({ atMs }) => atMs <= nowMs)
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ bucket }) => bucket);
  }

  levelOf(key: string): PaceLevel {
    return this.levels.get(key) ?? this.configured;
  }

  /** The bucket in which a request waits. A new one is due at once. */
  bucketFor({ key, endpoint }: PacedBucket): Bucket {
    const name = this.levelOf(key) === 'key' ? WHOLE_KEY : endpoint;
    const ofKey = this.byKey.get(key) ?? new Map<string, Bucket>();
    this.byKey.set(key, ofKey);
    const bucket = ofKey.get(name) ?? new Bucket(key, name);
    ofKey.set(name, bucket);
    return bucket;
  }

  /** Moves all waiters of the key into the buckets of its new level. */
  setLevel(key: string, level: PaceLevel): void {
    if (this.levelOf(key) === level) return;
    this.levels.set(key, level);
    for (const old of this.byKey.get(key)?.values() ?? []) {
      for (const waiter of old.waiters.splice(0)) this.bucketFor(waiter).addWaiter(waiter);
    }
  }

  /**
   * How many slots the bucket may ask for: N minus those that this process occupies, by its own clock. A single process
   * therefore keeps the pace whatever happens to the database's clock and data.
   */
  allowance(bucket: Bucket, nowMs: number): number {
    return Math.max(0, this.slots - this.usedAgainstUntilMs(bucket, nowMs).length);
  }

  /** The earliest moment at which a slot may be free, as far as this process knows: what is in flight may be answered now. */
  freeAtMs(bucket: Bucket, nowMs: number): number {
    const used = this.usedAgainstUntilMs(bucket, nowMs)
      .map((untilMs) => Math.min(untilMs, nowMs + REST_MS))
      .sort((a, b) => a - b);
    return Math.max(bucket.forecastFreeAtMs, used[used.length - this.slots] ?? -Infinity);
  }

  /** When the bucket is to be polled. */
  dueAtMs(bucket: Bucket, nowMs: number): number {
    if (bucket.waiters.length === 0) return Infinity;
    return Math.min(this.freeAtMs(bucket, nowMs), bucket.polledAtMs + POLL_INTERVAL_MS);
  }

  /** When the slots that this process occupies, and that count against the bucket's limit, become free. */
  private usedAgainstUntilMs({ key, endpoint }: Bucket, nowMs: number): number[] {
    const ofKey = this.byKey.get(key) ?? new Map<string, Bucket>();
    const counted =
      endpoint === WHOLE_KEY ? [...ofKey.values()] : [ofKey.get(endpoint), ofKey.get(WHOLE_KEY)];
    return counted.flatMap((bucket) => bucket?.usedUntilMs(nowMs) ?? []);
  }
}
