import { systemClock, type Clock } from '../core/clock';
import { Faults } from './faults';
import { PoolServer, type PoolState, type RequestHook } from './http/pool-server';
import { DEFAULT_QUIRKS, type Quirks } from './quirks';
import { DOCUMENTED_RATE_LIMIT, type RateLimit } from './rate-limit';
import { RequestLog } from './request-log';
import { createSimulatedClock, type SimulatedClock } from './simulated-clock';
import { KeyRing } from './world/key-ring';
import type { SimCredentials } from './world/sim-account';
import { World } from './world/world';
import { DEFAULT_WORLD, type WorldSpec } from './world/world-spec';

export interface SimulatorOptions {
  /** The same seed, start and calls give the same pool. */
  readonly seed: number;
  /** The pool's time at the start, ms since the epoch. */
  readonly startAt: number;
  /** 0, the default, lets the system choose. */
  readonly port?: number;
  readonly world?: Partial<WorldSpec>;
  /** null: none. */
  readonly rateLimit?: RateLimit | null;
  /** Every answer is delayed by a random time between the two. */
  readonly latencyMs?: { readonly min: number; readonly max: number } | null;
  readonly quirks?: Partial<Quirks>;
  readonly hostClock?: Pick<Clock, 'monotonicMs' | 'sleep'>;
}

/** A running simulated pool. */
export interface Simulator {
  /** The base URL, as `KUCOIN_POOL_BASE_URL` wants it. */
  readonly url: string;
  /** The credentials of every key that works. */
  readonly accounts: readonly SimCredentials[];
  readonly keys: KeyRing;
  readonly clock: SimulatedClock;
  readonly world: World;
  /** Change its fields at any time. */
  readonly quirks: Quirks;
  readonly faults: Faults;
  readonly requests: RequestLog;
  rateLimit: RateLimit | null;
  /** How many requests the rate limit rejected. */
  rejections(): number;
  /** Called when a request has arrived, before it is processed. Returns a function that stops it. */
  onRequest(hook: RequestHook): () => void;
  /** Called when the answer is composed and before its first byte is sent: later changes show in the next answer. */
  afterResponse(hook: RequestHook): () => void;
  /** Drops all connections. Rejects when the simulator or a hook failed meanwhile. */
  close(): Promise<void>;
}

/** Starts a simulated pool on the loopback interface. */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { seed, startAt, port = 0, hostClock = systemClock } = options;
  const world = new World({ seed, startAtMs: startAt, spec: { ...DEFAULT_WORLD, ...options.world } });
  const keys = new KeyRing(seed);
  for (const account of world.accounts) keys.add(account);
  const state: PoolState = {
    seed,
    world,
    keys,
    clock: createSimulatedClock(
      startAt,
      () => hostClock.monotonicMs(),
      (nowMs) => world.liveUntil(nowMs),
    ),
    hostClock,
    quirks: { ...DEFAULT_QUIRKS, ...options.quirks },
    faults: new Faults(),
    requests: new RequestLog(),
    latencyMs: options.latencyMs ?? null,
    beforeAnswer: new Set(),
    afterAnswer: new Set(),
    rateLimit: options.rateLimit === undefined ? DOCUMENTED_RATE_LIMIT : options.rateLimit,
  };
  const server = new PoolServer(state);
  const url = await server.listen(port);
  const subscribe = (hooks: Set<RequestHook>) => (hook: RequestHook) => {
    hooks.add(hook);
    return () => {
      hooks.delete(hook);
    };
  };
  return {
    url,
    keys,
    world,
    clock: state.clock,
    quirks: state.quirks,
    faults: state.faults,
    requests: state.requests,
    get accounts() {
      return keys.list();
    },
    get rateLimit() {
      return state.rateLimit;
    },
    set rateLimit(limit) {
      state.rateLimit = limit;
    },
    rejections: () => state.requests.entries.filter((entry) => entry.rejected).length,
    onRequest: subscribe(state.beforeAnswer),
    afterResponse: subscribe(state.afterAnswer),
    close: () => server.close(),
  };
}
