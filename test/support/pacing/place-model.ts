import type { Grant, Look, Outlook, Sight } from '../../../src/pacing/place-store';
import { AHEAD_MS, REST_MS } from '../../../src/pacing/rest';

/** A place of a bucket, its times in ms by the database's clock. */
export interface ModelPlace {
  readonly key: string;
  readonly endpoint: string;
  readonly place: number;
  readonly grantId: number | null;
  readonly stampedAtMs: number;
  readonly usableAtMs: number;
  readonly reservedBy: string | null;
  readonly reservedSinceMs: number;
}

/** Everything that the database knows. */
export interface ModelState {
  readonly places: readonly ModelPlace[];
  readonly turnedKeys: readonly string[];
  readonly lastGrantId: number;
  /** False after a crash, until the next look. */
  readonly isWitnessed: boolean;
}

export const EMPTY: ModelState = { places: [], turnedKeys: [], lastGrantId: 0, isWitnessed: false };

const TURN_MS = 100;

/** The arithmetic of places as `sync.pace` does it, as a pure function: the state after a look, and what it saw. */
export function lookAt(
  state: ModelState,
  look: Look,
  options: {
    readonly nowMs: number;
    readonly places: number;
    readonly auto: boolean;
    readonly leaseMs: number;
    readonly processId: string;
  },
): { readonly state: ModelState; readonly sight: Sight } {
  const { nowMs } = options;
  const keys = new Set(look.wanted.map((bucket) => bucket.key));
  const turned = new Set(state.turnedKeys);
  if (options.auto) look.throttledKeys.forEach((key) => turned.add(key));
  const before = state.places
    .map((p) => (state.isWitnessed ? p : { ...p, stampedAtMs: nowMs, usableAtMs: nowMs + options.leaseMs }))
    .map((p) => handedBack(p, look, nowMs));
  // One is drawn to learn the last number.
  let lastGrantId = state.isWitnessed ? state.lastGrantId : state.lastGrantId + 1_000_001;
  const grants: Grant[] = [];
  const outlooks: Outlook[] = [];
  const taken = new Map<ModelPlace, number>();
  const reserved = new Map<ModelPlace, number>();
  let isFromFuture = false;
  for (const bucket of look.wanted) {
    const isTurned = options.auto && turned.has(bucket.key);
    const isMoved = isTurned && bucket.endpoint !== '*';
    const sinceMs = nowMs - bucket.waitMs;
    const counted = before
      .filter((p) => p.key === bucket.key)
      .filter((p) => bucket.endpoint === '*' || [bucket.endpoint, '*'].includes(p.endpoint))
      .map((p) => ({
        p,
        isOwn: p.endpoint === bucket.endpoint,
        ...outlookOf(p, nowMs, look.watchedMs, options.processId, sinceMs),
      }))
      .sort(
        (a, b) =>
          a.nextInMs - b.nextInMs ||
          a.p.usableAtMs - b.p.usableAtMs ||
          Number(a.p.endpoint > b.p.endpoint) - Number(a.p.endpoint < b.p.endpoint) ||
          a.p.place - b.p.place,
      );
    isFromFuture ||= counted.some((each) => each.p.stampedAtMs > nowMs);
    const own = counted.filter((each) => each.isOwn);
    const missing = Math.max(0, options.places - own.length);
    let next: Outlook[] = [];
    let granted = 0;
    counted.forEach((each, index) => {
      if (index < counted.length + missing - options.places || next.length > 0) return;
      const mine = own[granted];
      if (each.nextInMs <= AHEAD_MS && granted < bucket.count && !isMoved && mine !== undefined) {
        granted += 1;
        lastGrantId += 1;
        taken.set(mine.p, lastGrantId);
        grants.push({
          key: bucket.key,
          endpoint: bucket.endpoint,
          place: mine.p.place,
          grantId: String(lastGrantId),
          usableAtMs: Math.max(...counted.slice(0, index + 1).map((other) => other.p.usableAtMs)),
          restMs: Math.max(...counted.slice(0, index + 1).map((other) => other.restMs)),
        });
      } else {
        const nextInFlight = each.p.grantId !== null;
        next = [{ nextInMs: Math.max(0, each.nextInMs), nextInFlight, turned: isTurned }];
      }
    });
    outlooks.push(next[0] ?? { nextInMs: REST_MS, nextInFlight: granted > 0, turned: isTurned });
    const isReserved = counted.some((each) => each.p.reservedBy === options.processId);
    const free = own.find((each) => !each.isOthers);
    if (granted === 0 && bucket.count > 0 && !isMoved && !isReserved && free !== undefined)
      reserved.set(free.p, sinceMs);
  }
  const after = before.map((p): ModelPlace => {
    const grantId = taken.get(p);
    const sinceMs = reserved.get(p);
    if (grantId !== undefined)
      return {
        ...p,
        grantId,
        stampedAtMs: nowMs,
        usableAtMs: nowMs + options.leaseMs,
        reservedBy: null,
        reservedSinceMs: 0,
      };
    const kept =
      sinceMs === undefined ? p : { ...p, reservedBy: options.processId, reservedSinceMs: sinceMs };
    return isFromFuture && keys.has(p.key) && p.stampedAtMs > nowMs
      ? { ...kept, stampedAtMs: nowMs, usableAtMs: nowMs + (p.usableAtMs - p.stampedAtMs) }
      : kept;
  });
  return {
    state: {
      places: [...after, ...missingPlaces(after, look, options.places, nowMs)],
      turnedKeys: [...turned],
      lastGrantId,
      isWitnessed: true,
    },
    sight: { grants, outlooks, databaseNowMs: nowMs },
  };
}

function handedBack(p: ModelPlace, look: Look, nowMs: number): ModelPlace {
  const back = look.handBacks.find(
    (other) =>
      other.key === p.key &&
      other.endpoint === p.endpoint &&
      other.place === p.place &&
      other.grantId === String(p.grantId),
  );
  if (back === undefined || p.grantId === null) return p;
  const stampedAtMs = nowMs - back.ageMs;
  return { ...p, grantId: null, stampedAtMs, usableAtMs: stampedAtMs + back.restMs };
}

function outlookOf(p: ModelPlace, nowMs: number, watchedMs: number, processId: string, sinceMs: number) {
  const restMs = p.usableAtMs - p.stampedAtMs;
  const freeInMs = Math.min(restMs, Math.max(p.usableAtMs - nowMs, restMs - watchedMs));
  const isOthers =
    p.reservedBy !== null &&
    p.reservedBy !== processId &&
    p.reservedSinceMs <= sinceMs &&
    nowMs < p.usableAtMs + TURN_MS;
  const nextInMs = (p.grantId === null ? freeInMs : Math.min(freeInMs, REST_MS)) + (isOthers ? TURN_MS : 0);
  return { restMs, isOthers, nextInMs };
}

function missingPlaces(
  places: readonly ModelPlace[],
  look: Look,
  count: number,
  nowMs: number,
): ModelPlace[] {
  return look.wanted.flatMap(({ key, endpoint }) =>
    Array.from({ length: count }, (_, place) => place)
      .filter((place) => !places.some((p) => p.key === key && p.endpoint === endpoint && p.place === place))
      .map((place) => ({
        ...{ key, endpoint, place, grantId: null, stampedAtMs: nowMs, usableAtMs: nowMs + REST_MS },
        ...{ reservedBy: null, reservedSinceMs: 0 },
      })),
  );
}
