import type { Permit } from './permit';
import { WHOLE_KEY } from './place-store';
import { AGEING_MS, WaitingLine } from './waiting-line';

/** What the pool's limit counts: the requests of a key to one endpoint, or all of the key's. */
export type PaceScope = 'endpoint' | 'key';

/** The requests of one API key (its fingerprint, never the key) to one endpoint. */
export interface PacedBucket {
  readonly key: string;
  readonly endpoint: string;
}

/** Someone who waits for a permit. */
export interface Waiter extends PacedBucket {
  readonly priority: number;
  readonly arrivedAtMs: number;
  readonly resolve: (permit: Permit) => void;
  readonly reject: (error: Error) => void;
}

/** Someone who wants to know how long a permit would take. */
export interface Asker extends PacedBucket {
  readonly resolve: (waitMs: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Who waits for one bucket, and when it is worth asking for places again. A line is kept when it is empty, for what it
 * knows: there are as many as keys and endpoints.
 */
export interface BucketLine {
  readonly key: string;
  /** An endpoint, or `WHOLE_KEY`. */
  readonly endpoint: string;
  readonly waiters: WaitingLine<Waiter>;
  readonly askers: Asker[];
  /** Permits that are held back for those who wait. */
  promised: number;
  /** When a place was last granted, monotonic ms: then it was this process's turn. */
  grantedAtMs: number;
  /** Monotonic ms. */
  lookAtMs: number;
  /** `lookAtMs` supposes that a request in flight is answered at once. */
  guessed: boolean;
}

/** How long the line has waited for its turn among all processes, ms, less what its priority lacks. */
export function turnWaitMs(line: BucketLine, nowMs: number): number {
  const first = line.waiters.first();
  if (first === undefined) return 0;
  return nowMs - Math.max(first.arrivedAtMs, line.grantedAtMs) - first.priority * AGEING_MS;
}

/** The lines of this process: each waiter stands in that of its endpoint or in that of its key, as the scope is. */
export class BucketLines {
  readonly #lines = new Map<string, BucketLine>();
  /** Keys whose scope differs from the one configured. */
  readonly #scopes = new Map<string, PaceScope>();
  readonly #configured: PaceScope;

  constructor(configured: PaceScope) {
    this.#configured = configured;
  }

  scopeOf(key: string): PaceScope {
    return this.#scopes.get(key) ?? this.#configured;
  }

  /** Moves everyone who waits for the key into the lines of its new scope, which are looked at next. */
  turn(key: string, scope: PaceScope): void {
    if (this.scopeOf(key) === scope) return;
    this.#scopes.set(key, scope);
    for (const line of this.ofKey(key)) {
      this.#lines.delete(lineName(line.key, line.endpoint));
      for (const waiter of line.waiters.clear()) this.addWaiter(waiter);
      for (const asker of line.askers) this.addAsker(asker);
    }
  }

  addWaiter(waiter: Waiter): void {
    this.#lineFor(waiter).waiters.add(waiter, waiter.priority, waiter.arrivedAtMs);
  }

  removeWaiter(waiter: Waiter): void {
    this.#lineFor(waiter).waiters.remove(waiter);
  }

  /** The outlook is asked for at once. */
  addAsker(asker: Asker): void {
    const line = this.#lineFor(asker);
    line.askers.push(asker);
    line.lookAtMs = -Infinity;
  }

  find(key: string, endpoint: string): BucketLine | undefined {
    return this.#lines.get(lineName(key, endpoint));
  }

  ofKey(key: string): BucketLine[] {
    return this.#all().filter((line) => line.key === key);
  }

  /** Lines that someone stands in who is not provided for. */
  busy(): BucketLine[] {
    return this.#all().filter((line) => line.waiters.length > line.promised || line.askers.length > 0);
  }

  /** Everyone who waits or asks, taken out of the lines. */
  clear(): (Waiter | Asker)[] {
    return this.#all().flatMap((line) => [...line.waiters.clear(), ...line.askers.splice(0)]);
  }

  #all(): BucketLine[] {
    return [...this.#lines.values()];
  }

  /** A new line has not been looked at: its first look is due. */
  #lineFor(bucket: PacedBucket): BucketLine {
    const endpoint = this.scopeOf(bucket.key) === 'key' ? WHOLE_KEY : bucket.endpoint;
    const name = lineName(bucket.key, endpoint);
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line: BucketLine = {
      key: bucket.key,
      endpoint,
      waiters: new WaitingLine(),
      askers: [],
      promised: 0,
      grantedAtMs: -Infinity,
      lookAtMs: -Infinity,
      guessed: false,
    };
    this.#lines.set(name, line);
    return line;
  }
}

function lineName(key: string, endpoint: string): string {
  return JSON.stringify([key, endpoint]);
}
