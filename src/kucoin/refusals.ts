import type { PoolEndpoint } from '../core/pool-endpoint';

/** When a persistent 403 counts as a prohibition: a few answers cannot tell it from a temporary ban. */
export interface ForbiddenPolicy {
  readonly afterMs: number;
  readonly afterProbes: number;
}

/** What a request asks: an endpoint, and its sub-account and algorithm, or '' where it has none. */
export interface RequestTarget {
  readonly endpoint: PoolEndpoint;
  readonly puid: string;
  readonly algo: string;
}

/**
 * Finds out what the ambiguous 403s of one API key are about. A target that is refused while others are answered is
 * refused alone; when nothing asked with the key is answered for a long time and several probes, the key is forbidden.
 * Times are monotonic ms.
 */
export class Refusals {
  private readonly policy: ForbiddenPolicy;
  /** Since the key last got another answer: refused targets with their endpoints, and every endpoint asked. */
  private readonly refusedTargets = new Map<string, PoolEndpoint>();
  private readonly askedEndpoints = new Set<PoolEndpoint>();
  private sinceMs = Infinity;
  private failedProbes = 0;
  /** Targets that were refused alone, and not answered since. */
  private readonly alone = new Set<string>();
  private answeredAtMs = -Infinity;

  constructor(policy: ForbiddenPolicy) {
    this.policy = policy;
  }

  /** A call is about to ask this. */
  asked({ endpoint }: RequestTarget): void {
    this.askedEndpoints.add(endpoint);
  }

  refused(target: RequestTarget, nowMs: number, isProbe: boolean): void {
    this.refusedTargets.set(formatTarget(target), target.endpoint);
    this.sinceMs = Math.min(this.sinceMs, nowMs);
    if (isProbe) this.failedProbes++;
  }

  /** The target was answered; the request left at `dispatchedAtMs`. */
  answered(target: RequestTarget, dispatchedAtMs: number): void {
    this.alone.delete(formatTarget(target));
    this.answeredAtMs = Math.max(this.answeredAtMs, dispatchedAtMs);
  }

  /** The key got an answer other than an ambiguous 403. */
  startOver(): void {
    this.refusedTargets.clear();
    this.askedEndpoints.clear();
    this.sinceMs = Infinity;
    this.failedProbes = 0;
  }

  markAlone(target: RequestTarget): void {
    this.alone.add(formatTarget(target));
  }

  isAlone(target: RequestTarget): boolean {
    return this.alone.has(formatTarget(target));
  }

  wasEndpointRefused(endpoint: PoolEndpoint): boolean {
    return [...this.refusedTargets.values()].includes(endpoint);
  }

  /** More than one target is refused: it may be the key. */
  areSeveral(): boolean {
    return this.refusedTargets.size > 1;
  }

  /** A request that left later was answered. */
  wasAnsweredSince(sinceMs: number): boolean {
    return this.answeredAtMs > sinceMs;
  }

  isForbidden(nowMs: number): boolean {
    const { afterMs, afterProbes } = this.policy;
    const isLong = nowMs - this.sinceMs >= afterMs && this.failedProbes >= afterProbes;
    return isLong && [...this.askedEndpoints].every((endpoint) => this.wasEndpointRefused(endpoint));
  }
}

function formatTarget({ endpoint, puid, algo }: RequestTarget): string {
  return JSON.stringify([endpoint, puid, algo]);
}
