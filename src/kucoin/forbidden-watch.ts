import type { EndpointName } from './endpoint';

/** When a 403 that persists is a prohibition: nobody can tell it from a ban by a few answers. */
export interface ForbiddenPolicy {
  readonly afterMs: number;
  readonly afterProbes: number;
}

/** What a request is about: a sub-account and an algorithm of an endpoint, as far as it has them. */
export interface Target {
  readonly endpoint: EndpointName;
  readonly puid: string;
  readonly algo: string;
}

/**
 * Tells what a 403 of unknown meaning is about, for one API key. What is refused while other targets are answered is
 * refused by itself; when nothing that was asked of the key was answered for long, through several probes, the key is
 * forbidden. Times are monotonic ms.
 */
export class ForbiddenWatch {
  readonly #policy: ForbiddenPolicy;
  /** Since the key was last let in. */
  readonly #refusedTargets = new Set<string>();
  readonly #refusedEndpoints = new Set<EndpointName>();
  readonly #askedEndpoints = new Set<EndpointName>();
  /** Found to be refused while others were answered, and not answered since. */
  readonly #closed = new Set<string>();
  #refusedSinceMs = Infinity;
  #failedProbes = 0;
  #lastLetInAtMs = -Infinity;

  constructor(policy: ForbiddenPolicy) {
    this.#policy = policy;
  }

  /** Somebody wants to ask this. */
  asked({ endpoint }: Target): void {
    this.#askedEndpoints.add(endpoint);
  }

  refused(target: Target, nowMs: number, isProbe: boolean): void {
    this.#refusedTargets.add(nameOf(target));
    this.#refusedEndpoints.add(target.endpoint);
    this.#refusedSinceMs = Math.min(this.#refusedSinceMs, nowMs);
    if (isProbe) this.#failedProbes++;
  }

  /** The target was answered; the request left at `dispatchedAtMs`. */
  answered(target: Target, dispatchedAtMs: number): void {
    this.#closed.delete(nameOf(target));
    this.#lastLetInAtMs = Math.max(this.#lastLetInAtMs, dispatchedAtMs);
  }

  /** Something else was answered than a 403 of unknown meaning. */
  startOver(): void {
    this.#refusedTargets.clear();
    this.#refusedEndpoints.clear();
    this.#askedEndpoints.clear();
    this.#refusedSinceMs = Infinity;
    this.#failedProbes = 0;
  }

  /** Others are more likely to be let in. */
  wasRefused(target: Target): boolean {
    return this.wasEndpointRefused(target.endpoint) || this.isClosed(target);
  }

  wasEndpointRefused(endpoint: EndpointName): boolean {
    return this.#refusedEndpoints.has(endpoint);
  }

  /** More than one target is refused: it may be the key. */
  isWide(): boolean {
    return this.#refusedTargets.size > 1;
  }

  isForbidden(nowMs: number): boolean {
    const { afterMs, afterProbes } = this.#policy;
    return (
      nowMs - this.#refusedSinceMs >= afterMs &&
      this.#failedProbes >= afterProbes &&
      [...this.#askedEndpoints].every((endpoint) => this.#refusedEndpoints.has(endpoint))
    );
  }

  /** A request that left later was answered. */
  wasLetInSince(sinceMs: number): boolean {
    return this.#lastLetInAtMs > sinceMs;
  }

  /** This target is refused while others are let in. */
  close(target: Target): void {
    this.#closed.add(nameOf(target));
  }

  isClosed(target: Target): boolean {
    return this.#closed.has(nameOf(target));
  }
}

function nameOf({ endpoint, puid, algo }: Target): string {
  return JSON.stringify([endpoint, puid, algo]);
}
