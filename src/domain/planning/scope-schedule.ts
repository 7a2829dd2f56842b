import { DAY_MS } from '../../core/day';
import type { ErrorCode } from '../../core/errors';
import type { Puid } from '../ids';

/** What the schedule of a scope depends on. Instants are by the database's clock. */
export interface ScopeFacts {
  /** Its algorithm is the sub-account's default. */
  readonly isDefaultAlgo: boolean;
  /** The pool no longer lists its sub-account or algorithm. */
  readonly isGone: boolean;
  readonly hasPendingRows: boolean;
  /** Start of the last run that succeeded or was partial; null before the first. */
  readonly lastCycleAtMs: number | null;
  /** Last activity in any stream of this sub-account and algorithm: a mining date, or a listed worker. */
  readonly lastLifeAtMs: number | null;
  readonly consecutiveFailures: number;
  /** Start of the last run if it failed; otherwise null. */
  readonly lastFailedAtMs: number | null;
  /** Why it failed. */
  readonly lastFailureCode: string | null;
}

/** A scope that could be synced, and what decides whether it is due. */
export interface ScopeCandidate extends ScopeFacts {
  readonly puid: Puid | null;
  readonly algo: string | null;
}

export interface ScopeCandidates {
  readonly scopes: readonly ScopeCandidate[];
  /** The database's clock at the time of reading. */
  readonly nowMs: number;
}

export type ScopePace = 'live' | 'dormant' | 'settling' | 'finished';

/** Dormant and settling scopes are visited once a day. */
const SLOW_VISIT_MS = DAY_MS;

/**
 * How often a scope is visited: `live` each interval, `dormant` (no activity for `dormantAfterMs`) and `settling`
 * (gone, with pending rows) once a day, `finished` (gone and settled) never again.
 */
export function paceOf(scope: ScopeFacts, dormantAfterMs: number, nowMs: number): ScopePace {
  if (scope.isGone) {
    if (scope.hasPendingRows) return 'settling';
    return scope.lastCycleAtMs === null && scope.consecutiveFailures === 0 ? 'settling' : 'finished';
  }
  if (scope.isDefaultAlgo || scope.lastCycleAtMs === null) return 'live';
  const isAlive = scope.lastLifeAtMs !== null && nowMs - scope.lastLifeAtMs < dormantAfterMs;
  return isAlive ? 'live' : 'dormant';
}

/** Delay after a failure, doubled after each further one, up to the interval. */
const FIRST_REST_MS = 10_000;
/** Keeps 2 ** n finite. */
const MAX_REST_DOUBLINGS = 20;
/** An unreachable pool is retried this often (P12: within 40 s of its return). */
const UNREACHABLE_REST_MS = 25_000;
const UNREACHABLE: ReadonlySet<string | null> = new Set<ErrorCode>(['pool.unreachable', 'pool.timeout']);

/**
 * The next visit of a scope: -Infinity is now, for the first time; Infinity is never. An instant in the future was
 * recorded by a clock that has since been corrected; it is ignored, and what depends on it is due now.
 */
export function computeNextVisitMs(
  scope: ScopeFacts,
  pace: ScopePace,
  everyMs: number,
  nowMs: number,
): number {
  if (pace === 'finished') return Infinity;
  const intervalMs = pace === 'live' ? everyMs : Math.max(everyMs, SLOW_VISIT_MS);
  const after = (atMs: number, ms: number): number => (atMs > nowMs ? nowMs : atMs + ms);
  const dueAtMs = scope.lastCycleAtMs === null ? -Infinity : after(scope.lastCycleAtMs, intervalMs);
  if (scope.consecutiveFailures === 0 || scope.lastFailedAtMs === null) return dueAtMs;
  return Math.max(dueAtMs, after(scope.lastFailedAtMs, restMs(scope, intervalMs)));
}

function restMs({ consecutiveFailures, lastFailureCode }: ScopeFacts, intervalMs: number): number {
  const doublings = Math.min(consecutiveFailures - 1, MAX_REST_DOUBLINGS);
  const longestMs = UNREACHABLE.has(lastFailureCode) ? Math.min(intervalMs, UNREACHABLE_REST_MS) : intervalMs;
  return Math.min(longestMs, FIRST_REST_MS * 2 ** doublings);
}
