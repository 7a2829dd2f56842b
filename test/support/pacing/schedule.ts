import type { PaceLevel } from '../../../src/pacing/pace-level';
import { PermitQueue } from '../../../src/pacing/permit-queue';
import { computeLeaseMs } from '../../../src/pacing/time-limits';
import { crashed, EMPTY, pollModel } from './slot-model';
import type { ModelState } from './slot-model';
import { VirtualHost, VirtualWorld } from './virtual-world';
import type { Freeze } from './virtual-world';

/** Everything that goes wrong in a run, and a seed for the delays. */
export interface Schedule {
  readonly seed: number;
  readonly slots: number;
  readonly totalTimeoutMs: number;
  readonly scope: 'auto' | 'endpoint' | 'key';
  readonly processes: readonly {
    readonly startsAtMs: number;
    readonly diesAtMs: number;
    readonly waiters: number;
    /** The error of the monotonic clock, in parts per million. */
    readonly drift: number;
    readonly freezes: readonly Freeze[];
  }[];
  /** The database's clock jumps. */
  readonly steps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** The database loses its unlogged tables, or is restored to an earlier state. */
  readonly losses: readonly { readonly atMs: number; readonly setBackMs: number | null }[];
  /** Periods in which the database does not answer. */
  readonly outages: readonly Freeze[];
  /** Out of a thousand requests. */
  readonly lostPolls: number;
  readonly lostAnswers: number;
  readonly slowPolls: number;
  readonly throttledAtMs: number | null;
  /** How long after a report of throttling it is retracted, ms. */
  readonly takenBackAfterMs: number | null;
  /** Nothing goes wrong after this instant. */
  readonly calmAtMs: number;
  readonly lastsMs: number;
}

export interface Arrival {
  readonly atMs: number;
  readonly endpoint: string;
  /** Whether it was sent under the limit of the whole key. */
  readonly isUnderKey: boolean;
}

const KEY = 'key';
const ENDPOINTS = ['earn', 'worker'];
const START_MS = 1_700_000_000_000;

/** Plays the schedule with the real pacing on a model of the database; returns the arrivals at the pool. */
export async function play(schedule: Schedule): Promise<Arrival[]> {
  const random = mulberry32(schedule.seed);
  const world = new VirtualWorld();
  const isIn = (perThousand: number): boolean =>
    world.nowMs < schedule.calmAtMs && random() * 1_000 < perThousand;
  const arrivals: Arrival[] = [];
  let state = EMPTY;
  const history: { atMs: number; state: ModelState }[] = [];
  const databaseNowMs = (): number =>
    START_MS +
    world.nowMs +
    schedule.steps.reduce((sum, step) => sum + (step.atMs <= world.nowMs ? step.byMs : 0), 0);
  for (const { atMs, setBackMs } of schedule.losses) {
    world.at(atMs, () => {
      const then = history.findLast((past) => setBackMs !== null && past.atMs <= atMs - setBackMs);
      state = then?.state ?? crashed(state);
    });
  }
  schedule.processes.forEach((process, index) => {
    const host = new VirtualHost(world, {
      rate: 1 + process.drift / 1e6,
      startMs: 1e6 * index,
      freezes: process.freezes,
    });
    world.at(process.diesAtMs, () => (host.isDead = true));
    const delay = (): number => (isIn(schedule.slowPolls) ? random() * 3_000 : random() ** 3 * 80);
    const scopes: PaceLevel[] = [];
    const options = {
      slots: schedule.slots,
      auto: schedule.scope === 'auto',
      leaseMs: computeLeaseMs(schedule.totalTimeoutMs),
      processId: `process ${index}`,
    };
    const queue = new PermitQueue({
      ...options,
      store: {
        poll: (poll) =>
          new Promise((resolve, reject) => {
            const [isLost, isAnswerLost] = [isIn(schedule.lostPolls), isIn(schedule.lostPolls)];
            const fail = (): void =>
              host.wake(world.nowMs + delay(), () => reject(new Error('connection lost')));
            world.at(world.nowMs + delay(), () => {
              const isAway = schedule.outages.some((o) => o.fromMs <= world.nowMs && world.nowMs < o.toMs);
              if (isLost || isAway) {
                fail();
                return;
              }
              const polled = pollModel(state, poll, { ...options, nowMs: databaseNowMs() });
              state = polled.state;
              history.push({ atMs: world.nowMs, state });
              if (isAnswerLost) fail();
              else host.wake(world.nowMs + delay(), () => resolve(polled.result));
            });
          }),
      },
      clock: host.clock,
      level: schedule.scope === 'key' ? 'key' : 'endpoint',
      onEvent: (event) => {
        // Waiting requests continue in the order in which they are served.
        if (event.kind === 'granted') scopes.push(event.level);
      },
    });
    const request = async (endpoint: string): Promise<void> => {
      const bucket = { key: KEY, endpoint };
      const permit = await queue.acquire({ bucket, priority: 1 + Math.floor(random() * 8) });
      const isUnderKey = scopes.shift() === 'key';
      if (random() < 0.05) await host.clock.sleep(random() * 1_500);
      if (!permit.use()) {
        permit.answered();
        return;
      }
      const takesMs = isIn(schedule.lostAnswers) ? schedule.totalTimeoutMs : random() ** 2 * 400;
      // A request that was sent arrives even if its sender dies.
      world.at(world.nowMs + takesMs * random(), () =>
        arrivals.push({ atMs: world.nowMs, endpoint, isUnderKey }),
      );
      await new Promise<void>((resolve) => host.wake(world.nowMs + takesMs, resolve));
      permit.answered();
    };
    const askForEver = async (endpoint: string): Promise<void> => {
      for (;;) {
        await request(endpoint).catch(() => host.clock.sleep(500));
        if (world.nowMs < schedule.calmAtMs - 5_000 && random() < 0.1)
          await host.clock.sleep(random() * 5_000);
      }
    };
    host.wake(process.startsAtMs, () => {
      for (let waiter = 0; waiter < process.waiters; waiter++)
        void askForEver(ENDPOINTS[waiter % ENDPOINTS.length]!);
    });
    const { throttledAtMs, takenBackAfterMs } = schedule;
    if (index > 0 || throttledAtMs === null) return;
    host.wake(throttledAtMs, () =>
      queue.reportThrottled({ key: KEY, endpoint: 'earn' }, takenBackAfterMs === null),
    );
    if (takenBackAfterMs !== null)
      host.wake(throttledAtMs + takenBackAfterMs, () => queue.retractUncertainReports(KEY));
  });
  await world.runUntil(schedule.lastsMs);
  return arrivals;
}

/** A small generator of random numbers in [0, 1), by Tommy Ettinger (public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
