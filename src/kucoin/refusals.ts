import type { PoolEndpoint } from '../core/pool-endpoint';

/** When a 403 that persists is a prohibition: nobody can tell it from a ban by a few answers. */
export interface ForbiddenPolicy {
  readonly afterMs: number;
  readonly afterProbes: number;
}

/** What a request is about: a sub-account and an algorithm of an endpoint, as far as it has them. */
export interface Target {
  readonly endpoint: PoolEndpoint;
  readonly puid: string;
  readonly algo: string;
}

/**
 * What the 403s of unknown meaning to one API key are about. A target that is refused while others are answered is
 * refused alone; when nothing that was asked of the key was answered for long, through several probes, the key is
 * forbidden. Times are monotonic ms.
 */
export class Refusals {
  readonly #policy: ForbiddenPolicy;
  /** Since the key was last answered: refused targets with their endpoints, and every endpoint that was asked. */
  readonly #refused = new Map<string, PoolEndpoint>();
  readonly #asked = new Set<PoolEndpoint>();
  #sinceMs = Infinity;
  #failedProbes = 0;
  /** Targets found to be refused alone, and not answered since. */
  readonly #alone = new Set<string>();
  #answeredAtMs = -Infinity;

  constructor(policy: ForbiddenPolicy) {
    this.#policy = policy;
  }

  /** A call is about to ask this. */
  asked({ endpoint }: Target): void {
    this.#asked.add(endpoint);
  }

  refused(target: Target, nowMs: number, isProbe: boolean): void {
    this.#refused.set(nameOf(target), target.endpoint);
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
    if (isProbe) this.#failedProbes++;
  }

  /** The target was answered; the request left at `dispatchedAtMs`. */
  answered(target: Target, dispatchedAtMs: number): void {
    this.#alone.delete(nameOf(target));
    this.#answeredAtMs = Math.max(this.#answeredAtMs, dispatchedAtMs);
  }

  /** The key got another answer than a 403 of unknown meaning. */
  startOver(): void {
    this.#refused.clear();
    this.#asked.clear();
    this.#sinceMs = Infinity;
    this.#failedProbes = 0;
  }

  markAlone(target: Target): void {
    this.#alone.add(nameOf(target));
  }

  isAlone(target: Target): boolean {
    return this.#alone.has(nameOf(target));
  }

  wasEndpointRefused(endpoint: PoolEndpoint): boolean {
    return [...this.#refused.values()].includes(endpoint);
  }

  /** More than one target is refused: it may be the key. */
  areSeveral(): boolean {
    return this.#refused.size > 1;
  }

  /** A request that left later was answered. */
  wasAnsweredSince(sinceMs: number): boolean {
    return this.#answeredAtMs > sinceMs;
  }

  isForbidden(nowMs: number): boolean {
    const { afterMs, afterProbes } = this.#policy;
    const isLong = nowMs - this.#sinceMs >= afterMs && this.#failedProbes >= afterProbes;
    return isLong && [...this.#asked].every((endpoint) => this.wasEndpointRefused(endpoint));
  }
}

function nameOf({ endpoint, puid, algo }: Target): string {
  return JSON.stringify([endpoint, puid, algo]);
}
