import type { BucketResult, Poll, PollResult, SlotStoreOptions } from '../../../src/pacing/slot-store';
import { REST_MS, TURN_MS } from '../../../src/pacing/time-limits';

/** A slot of a bucket; times in ms by the database's clock. */
export interface ModelSlot {
  readonly key: string;
  readonly endpoint: string;
  readonly slot: number;
  readonly permit: string | null;
  readonly freeAtMs: number;
  readonly nextProcess: string | null;
  readonly nextSinceMs: number | null;
}

/** The state of the database. */
export interface ModelState {
  readonly slots: readonly ModelSlot[];
  readonly scopedKeys: readonly string[];
  /** The instant of the crash marker; `Infinity` if it is lost. */
  readonly lostUntilMs: number;
}

export const EMPTY: ModelState = { slots: [], scopedKeys: [], lostUntilMs: -Infinity };

/** The state after a crash, a failover or a restore, which lose unlogged tables. */
export function crashed(state: ModelState): ModelState {
  return { ...state, slots: [], lostUntilMs: Infinity };
}

/** What `sync.pace` does, as a pure function. */
export function pollModel(
  before: ModelState,
  poll: Poll,
  options: SlotStoreOptions & { readonly nowMs: number },
): { readonly state: ModelState; readonly result: PollResult } {
  const { nowMs, leaseMs, auto, slots: limit, processId } = options;
  const lostUntilMs = Math.min(before.lostUntilMs, nowMs + leaseMs);
  const scoped = new Set([...before.scopedKeys, ...(auto ? poll.scopedKeys : [])]);
  if (auto) for (const key of poll.unscopedKeys) scoped.delete(key);
  const wantedKeys = new Set(poll.wanted.map(({ key }) => key));
  const known = before.slots.map((s) => {
    const back = poll.handBacks.find((each) => isSame(each, s) && each.permit === s.permit);
    return back === undefined ? s : { ...s, permit: null, freeAtMs: nowMs + back.restMs };
  });
  const missing = poll.wanted.flatMap(({ key, endpoint }) =>
    Array.from({ length: limit }, (_, slot) => ({ key, endpoint, slot }))
      .filter((each) => !known.some((s) => isSame(s, each) && s.slot === each.slot))
      .map((each) => ({ ...each, permit: null, freeAtMs: Math.max(nowMs + REST_MS, lostUntilMs) }))
      .map((each) => ({ ...each, nextProcess: null, nextSinceMs: null })),
  );
  let slots: ModelSlot[] = [...known, ...missing].map((s) =>
    wantedKeys.has(s.key) ? { ...s, freeAtMs: Math.min(s.freeAtMs, nowMs + leaseMs) } : s,
  );
  const buckets = poll.wanted.map((want): BucketResult => {
    const sinceMs = nowMs - want.waitMs;
    const isOthers = (s: ModelSlot): boolean =>
      s.nextProcess !== null && s.nextProcess !== processId && s.nextSinceMs! <= sinceMs;
    const openAtMs = (s: ModelSlot): number => s.freeAtMs + (isOthers(s) ? TURN_MS : 0);
    const waitMs = (s: ModelSlot): number =>
      s.permit === null ? openAtMs(s) - nowMs : Math.min(openAtMs(s) - nowMs, REST_MS);
    const counted = slots.filter(
      (s) => s.key === want.key && (want.endpoint === '*' || [want.endpoint, '*'].includes(s.endpoint)),
    );
    const own = counted.filter((s) => s.endpoint === want.endpoint).sort((a, b) => a.slot - b.slot);
    const busy = counted.filter((s) => openAtMs(s) > nowMs);
    const isScoped = auto && scoped.has(want.key);
    const count = isScoped && want.endpoint !== '*' ? 0 : want.permits.length;
    const granted = own
      .filter((s) => openAtMs(s) <= nowMs)
      .slice(0, Math.min(count, Math.max(0, limit - busy.length)));
    const turn = own.filter((s) => !isOthers(s)).sort((a, b) => openAtMs(a) - openAtMs(b))[0];
    const reserved = count > 0 && granted.length === 0 ? turn : undefined;
    const waits = busy.map(waitMs).sort((a, b) => a - b);
    const lacking = busy.length + granted.length - limit;
    slots = slots.map((s) => {
      const index = granted.indexOf(s);
      const turnOf = { nextProcess: null, nextSinceMs: null };
      if (index >= 0) return { ...s, ...turnOf, permit: want.permits[index]!, freeAtMs: nowMs + leaseMs };
      if (s === reserved && s.nextProcess !== processId)
        return { ...s, nextProcess: processId, nextSinceMs: sinceMs };
      return own.includes(s) && s !== reserved && s.nextProcess === processId ? { ...s, ...turnOf } : s;
    });
    return {
      granted: granted.length,
      nextInMs: lacking < 0 ? 0 : (waits[lacking] ?? REST_MS),
      scopedToKey: isScoped,
    };
  });
  return {
    state: { slots, scopedKeys: [...scoped], lostUntilMs },
    result: { buckets, lostForMs: Math.max(0, lostUntilMs - nowMs) },
  };
}

function isSame(a: { key: string; endpoint: string }, b: { key: string; endpoint: string }): boolean {
  return a.key === b.key && a.endpoint === b.endpoint;
}
