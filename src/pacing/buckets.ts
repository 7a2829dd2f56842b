import type { Permit } from './permit';
import { WHOLE_KEY } from './slot-store';
import { POLL_INTERVAL_MS } from './time-limits';

/** What the pool's limit counts: the requests of a key to one endpoint, or all of the key's. */
export type PaceScope = 'endpoint' | 'key';

/** The requests of one API key (its fingerprint, never the key) to one endpoint. */
export interface PacedBucket {
  readonly key: string;
  readonly endpoint: string;
}

/** Waiting this long counts as much as one step of priority, so that nobody waits for ever. */
const AGEING_MS = 30_000;

/** Someone who waits for a permit. */
export interface Waiter extends PacedBucket {
  /** 1 is served first. */
  readonly priority: number;
  /** Monotonic ms. */
  readonly arrivedAtMs: number;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: Error) => void;
}

/** Who is smaller is served first. Everyone ages equally, so an order once right stays right. */
function rankOf({ priority, arrivedAtMs }: Waiter): number {
  return priority * AGEING_MS + arrivedAtMs;
}

/** One bucket as this process sees it. All times are monotonic ms. */
export class Bucket {
  /** In the order in which they are served. */
  readonly waiters: Waiter[] = [];
  /** The permits of this process that use a slot, and until when: the end of the rest, before the answer that of the lease. */
  readonly uses = new Map<string, number>();
  polledAtMs = -Infinity;
  /** When the last poll expected the next slot to be free. */
  freeAtMs = -Infinity;
  grantedAtMs = -Infinity;

  constructor(
    readonly key: string,
    /** An endpoint, or `WHOLE_KEY`. */
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

  usedUntilMs(nowMs: number): number[] {
    for (const [permit, untilMs] of this.uses) if (untilMs <= nowMs) this.uses.delete(permit);
    return [...this.uses.values()];
  }

  /** How long the first in line has gone without a grant to this bucket. */
  waitMs(nowMs: number): number {
    const [first] = this.waiters;
    return first === undefined ? 0 : nowMs - Math.max(first.arrivedAtMs, this.grantedAtMs);
  }

  /** How long the bucket has waited for its turn among all processes, less what its priority lacks. */
  turnWaitMs(nowMs: number): number {
    return this.waitMs(nowMs) - (this.waiters[0]?.priority ?? 0) * AGEING_MS;
  }
}

/** The buckets of one process: each waiter stands in that of its endpoint or that of its key, as the scope is. */
export class Buckets {
  readonly #byKey = new Map<string, Map<string, Bucket>>();
  /** Keys whose scope differs from the one configured. */
  readonly #scopes = new Map<string, PaceScope>();

  constructor(
    private readonly slots: number,
    private readonly configured: PaceScope,
  ) {}

  all(): Bucket[] {
    return [...this.#byKey.values()].flatMap((buckets) => [...buckets.values()]);
  }

  /** Everyone who waits, taken out of the buckets. */
  takeWaiters(): Waiter[] {
    return this.all().flatMap((bucket) => bucket.waiters.splice(0));
  }

  /** Those to poll now, the longest due first. */
  due(nowMs: number): Bucket[] {
    return this.all()
      .map((bucket) => ({ bucket, atMs: this.dueAtMs(bucket, nowMs) }))
      .filter(({ atMs }) => atMs <= nowMs)
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ bucket }) => bucket);
  }

  scopeOf(key: string): PaceScope {
    return this.#scopes.get(key) ?? this.configured;
  }

  /** The bucket in which a request has to wait. One that is new is due at once. */
  bucketFor({ key, endpoint }: PacedBucket): Bucket {
    const name = this.scopeOf(key) === 'key' ? WHOLE_KEY : endpoint;
    const ofKey = this.#byKey.get(key) ?? new Map<string, Bucket>();
    this.#byKey.set(key, ofKey);
    const bucket = ofKey.get(name) ?? new Bucket(key, name);
    ofKey.set(name, bucket);
    return bucket;
  }

  /** Moves everyone who waits for the key into the buckets of its new scope. */
  scope(key: string, scope: PaceScope): void {
    if (this.scopeOf(key) === scope) return;
    this.#scopes.set(key, scope);
    for (const old of this.#byKey.get(key)?.values() ?? []) {
      for (const waiter of old.waiters.splice(0)) this.bucketFor(waiter).addWaiter(waiter);
    }
  }

  /**
   * How many slots the bucket may ask for: N less those that this process itself uses by its own clock. So one process
   * alone keeps the pace whatever becomes of the database's clock and memory.
   */
  allowance(bucket: Bucket, nowMs: number): number {
    return Math.max(0, this.slots - this.#usedUntilMs(bucket, nowMs).length);
  }

  /** When the next slot may be free, as far as this process knows. */
  freeAtMs(bucket: Bucket, nowMs: number): number {
    const used = this.#usedUntilMs(bucket, nowMs).sort((a, b) => a - b);
    return Math.max(bucket.freeAtMs, used[used.length - this.slots] ?? -Infinity);
  }

  /** When the bucket is to be polled. */
  dueAtMs(bucket: Bucket, nowMs: number): number {
    if (bucket.waiters.length === 0) return Infinity;
    return Math.min(this.freeAtMs(bucket, nowMs), bucket.polledAtMs + POLL_INTERVAL_MS);
  }

  /** The ends of this process's uses that the bucket's limit counts. */
  #usedUntilMs({ key, endpoint }: Bucket, nowMs: number): number[] {
    const ofKey = this.#byKey.get(key) ?? new Map<string, Bucket>();
    const counted =
      endpoint === WHOLE_KEY ? [...ofKey.values()] : [ofKey.get(endpoint), ofKey.get(WHOLE_KEY)];
    return counted.flatMap((bucket) => bucket?.usedUntilMs(nowMs) ?? []);
  }
}
