import type { Scope } from '../scope';
import type { Stream } from '../streams';
import type { ScopePace } from './scope-schedule';

/** A scope and its next visit: -Infinity is now, for the first time; Infinity is never. */
export interface PlannedScope {
  readonly scope: Scope;
  readonly pace: ScopePace;
  readonly nextVisitMs: number;
}

/** Every scope of a stream of one account. */
export interface ScopePlan {
  readonly scopes: readonly PlannedScope[];
  /** The database's clock. */
  readonly nowMs: number;
}

/**
 * The streams that a stream waits for. `first`: a scope is not visited before the matching scopes of these streams were
 * visited once, since it would find nothing and then rest for its interval. `each`: in addition, it is not visited while
 * one of the matching scopes is due, unless it is itself late by more than its interval.
 */
export interface Precedence {
  readonly streams: readonly Stream[];
  readonly wait: 'first' | 'each';
}

export interface PlanningRules {
  /** Scopes of the stream and account that are synced at once. */
  readonly concurrency: number;
  readonly after: Precedence | null;
  readonly everyMs: number;
}

export interface DueScopes {
  /** In the order of visits. */
  readonly due: readonly PlannedScope[];
  /** When the next one comes due, on the plan's clock; Infinity when none does. */
  readonly nextDueMs: number;
}

/**
 * Chooses the due scopes of a stream: the first in order, up to its concurrency. A scope keeps its rank until it was
 * visited, so another process chooses the same ones. `earlier`: the plans of the streams that this one waits for.
 */
export function chooseDue(
  { scopes, nowMs }: ScopePlan,
  { concurrency, after, everyMs }: PlanningRules,
  earlier: readonly ScopePlan[],
): DueScopes {
  const awaited = earlier.flatMap((plan) => plan.scopes);
  const mustWait = (planned: PlannedScope): boolean => {
    if (after === null) return false;
    const matching = awaited.filter(({ scope }) => isWithin(scope, planned.scope));
    if (matching.some(isUnvisited)) return true;
    if (after.wait === 'first' || isUnvisited(planned)) return false;
    return matching.some(({ nextVisitMs }) => nextVisitMs <= nowMs) && nowMs - planned.nextVisitMs < everyMs;
  };
  const due = scopes
    .filter(({ nextVisitMs }) => nextVisitMs <= nowMs)
    .sort((a, b) => compareNumbers(a.nextVisitMs, b.nextVisitMs))
    .slice(0, concurrency)
    // A waiting scope still counts against the concurrency, so that the order holds.
    .filter((planned) => !mustWait(planned));
  const nextDueMs = scopes.reduce(
    (soonestMs, { nextVisitMs }) => (nextVisitMs > nowMs ? Math.min(soonestMs, nextVisitMs) : soonestMs),
    Infinity,
  );
  return { due, nextDueMs };
}

/** An account-wide scope contains all scopes of the account. */
function isWithin(inner: Scope, outer: Scope): boolean {
  return (
    (outer.puid === null || inner.puid === null || inner.puid === outer.puid) &&
    (outer.algo === null || inner.algo === null || inner.algo === outer.algo)
  );
}

function isUnvisited({ nextVisitMs }: PlannedScope): boolean {
  return nextVisitMs === -Infinity;
}

/** Infinities of the same sign are equal. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
