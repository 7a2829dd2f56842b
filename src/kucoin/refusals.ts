import type { PoolEndpoint } from '../core/pool-endpoint';

/** When a persistent 403 counts as a prohibition: a few answers cannot distinguish it from a temporary ban. */
export interface ForbiddenPolicy {
  readonly afterMs: number;
  readonly afterProbes: number;
}

/** What a request is for: an endpoint, and its sub-account and algorithm, or '' if it has none. */
export interface RequestTarget {
  readonly endpoint: PoolEndpoint;
  readonly puid: string;
  readonly algo: string;
}

/**
 * Finds out what the ambiguous 403s of one API key are about. A target that is refused while others are answered is
 * refused alone; if nothing requested with the key is answered for a long time and through several probes, the key is
 * forbidden. Times are monotonic ms.
 */
export class Refusals {
  private readonly policy: ForbiddenPolicy;
  /** Since the last other answer to this key: refused targets with their endpoints, and every endpoint asked. */
  private readonly refusedTargets = new Map<string, PoolEndpoint>();
  private readonly askedEndpoints = new Set<PoolEndpoint>();
  private sinceMs = Infinity;
  private failedProbes = 0;
  /** Targets that were refused alone and have not been answered since. */
  private readonly alone = new Set<string>();
  private answeredAtMs = -Infinity;

  constructor(policy: ForbiddenPolicy) {
    this.policy = policy;
  }

  /** Records that a call is about to ask for this target. */
  asked({ endpoint }: RequestTarget): void {
    this.askedEndpoints.add(endpoint);
  }

  refused(target: RequestTarget, nowMs: number, isProbe: boolean): void {
    this.refusedTargets.set(formatTarget(target), target.endpoint);
    this.sinceMs = Math.min(this.sinceMs, nowMs);
    if (isProbe) this.failedProbes++;
  }

  /** Records that the target was answered; the request was sent at `dispatchedAtMs`. */
  answered(target: RequestTarget, dispatchedAtMs: number): void {
    this.alone.delete(formatTarget(target));
    this.answeredAtMs = Math.max(this.answeredAtMs, dispatchedAtMs);
  }

  /** The key got an answer other than an ambiguous 403: forgets earlier refusals. */
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

  /** More than one target is refused, so the key may be the reason. */
  areSeveral(): boolean {
    return this.refusedTargets.size > 1;
  }

  /** Whether a request sent later was answered. */
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
