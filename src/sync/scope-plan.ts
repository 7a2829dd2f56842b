// When each scope of a stream is next visited.
import { DAY_MS } from '../core/day';
import type { AccountId } from '../domain/ids';
import type { PlannedScope, ScopePlan } from '../domain/planning/due-scopes';
import { computeNextVisitMs, paceOf } from '../domain/planning/scope-schedule';
import { intervalOf, type Stream } from '../domain/streams';
import type { ScopeStore } from './ports/account-ports';
import type { StreamDefinition } from './stream';

export interface PlanOptions {
  readonly accountId: AccountId;
  readonly stream: Pick<StreamDefinition, 'name' | 'scopes'>;
  readonly everyMs: Readonly<Record<Stream, number>>;
  /** A sub-account and algorithm without activity for this long is visited rarely. */
  readonly dormantAfterDays: number;
  /** The credentials were never tried: the next visit is now. */
  readonly isUntried: boolean;
}

/** Every scope of a stream and its next visit. */
export async function planScopes(store: ScopeStore, options: PlanOptions): Promise<ScopePlan> {
  const { accountId, everyMs, dormantAfterDays, isUntried } = options;
  const { name: stream, scopes: kind } = options.stream;
  const { scopes, nowMs } =
    kind === 'mining'
      ? await store.findMiningScopes(accountId, stream)
      : await store.findAccountScope(accountId, stream);
  const planned = scopes.map((found): PlannedScope => {
    const sketch = isUntried ? { ...found, lastCycleAtMs: null } : found;
    const pace = paceOf(sketch, dormantAfterDays * DAY_MS, nowMs);
    const scope = { stream, accountId, puid: sketch.puid, algo: sketch.algo };
    return { scope, pace, nextVisitMs: computeNextVisitMs(sketch, pace, intervalOf(everyMs, stream), nowMs) };
  });
  return { scopes: planned, nowMs };
}
