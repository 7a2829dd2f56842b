import type { PaceScope } from '../../../src/pacing/bucket-lines';
import { PacingDesk } from '../../../src/pacing/desk';
import { leaseMs } from '../../../src/pacing/rest';
import { EMPTY, lookAt } from './place-model';
import type { ModelState } from './place-model';
import { VirtualHost, VirtualWorld } from './virtual-world';
import type { Freeze } from './virtual-world';

/** All that can go wrong in a run, and a seed for the delays. */
export interface Schedule {
  readonly seed: number;
  readonly places: number;
  readonly totalTimeoutMs: number;
  readonly scope: 'auto' | 'endpoint' | 'key';
  readonly processes: readonly {
    readonly startsAtMs: number;
    readonly diesAtMs: number;
    readonly waiters: number;
    /** Of the monotonic clock, in parts per million. */
    readonly drift: number;
    readonly freezes: readonly Freeze[];
  }[];
  /** The database's clock jumps. */
  readonly steps: readonly { readonly atMs: number; readonly byMs: number }[];
  /** The database crashes and forgets the looks of its last moments. */
  readonly crashes: readonly { readonly atMs: number; readonly lostMs: number }[];
  /** In a thousand. */
  readonly lostLooks: number;
  readonly lostAnswers: number;
  readonly slowLooks: number;
  readonly throttledAtMs: number | null;
  /** So long after the throttling it turns out to have been something else. */
  readonly takenBackAfterMs: number | null;
  readonly lastsMs: number;
}

export interface Arrival {
  readonly atMs: number;
  readonly endpoint: string;
  /** It was sent under the limit of the whole key. */
  readonly isUnderKey: boolean;
}

const KEY = 'key';
const ENDPOINTS = ['earn', 'worker'];
const START_MS = 1_700_000_000_000;

/** Plays the schedule with the real pacing on a model of the database; returns what arrived at the pool. */
export async function play(schedule: Schedule): Promise<Arrival[]> {
  const random = mulberry32(schedule.seed);
  const world = new VirtualWorld();
  const arrivals: Arrival[] = [];
  const history: { atMs: number; isDurable: boolean; state: ModelState }[] = [
    { atMs: -Infinity, isDurable: true, state: EMPTY },
  ];
  const databaseNowMs = (): number =>
    START_MS +
    world.nowMs +
    schedule.steps.reduce((sum, step) => sum + (step.atMs <= world.nowMs ? step.byMs : 0), 0);
  for (const crash of schedule.crashes) {
    world.at(crash.atMs, () => {
      while (!history.at(-1)!.isDurable && history.at(-1)!.atMs > crash.atMs - crash.lostMs) history.pop();
      history.push({
        atMs: world.nowMs,
        isDurable: true,
        state: { ...history.at(-1)!.state, isWitnessed: false },
      });
    });
  }
  schedule.processes.forEach((process, index) => {
    const host = new VirtualHost(world, {
      rate: 1 + process.drift / 1e6,
      startMs: 1e6 * index,
      freezes: process.freezes,
    });
    world.at(process.diesAtMs, () => (host.isDead = true));
    const delay = (): number =>
      random() * 1_000 < schedule.slowLooks ? random() * 3_000 : random() ** 3 * 80;
    const scopes: PaceScope[] = [];
    const desk = new PacingDesk({
      store: {
        look: (look) =>
          new Promise((resolve, reject) => {
            const isLost = random() * 1_000 < schedule.lostLooks;
            const isAnswerLost = random() * 1_000 < schedule.lostLooks;
            const failsAfterMs = random() < 0.5 ? random() * 200 : Infinity;
            world.at(world.nowMs + delay(), () => {
              if (!isLost) {
                const before = history.at(-1)!.state;
                const result = lookAt(before, look, {
                  nowMs: databaseNowMs(),
                  places: schedule.places,
                  auto: schedule.scope === 'auto',
                  leaseMs: leaseMs(schedule.totalTimeoutMs),
                  processId: `process ${index}`,
                });
                // What is committed synchronously: the end of a crash, and the scope of a key.
                const isDurable =
                  !before.isWitnessed || result.state.turnedKeys.length > before.turnedKeys.length;
                history.push({ atMs: world.nowMs, isDurable, state: result.state });
                if (history.length > 2_000) history.splice(1, 1_000);
                if (!isAnswerLost) {
                  host.wake(world.nowMs + delay(), () => resolve(result.sight));
                  return;
                }
              }
              if (failsAfterMs < Infinity)
                host.wake(world.nowMs + failsAfterMs, () => reject(new Error('connection lost')));
            });
          }),
        forgetThrottled: () =>
          new Promise((resolve, reject) => {
            const isLost = random() * 1_000 < schedule.lostLooks;
            world.at(world.nowMs + delay(), () => {
              if (isLost) {
                host.wake(world.nowMs + delay(), () => reject(new Error('connection lost')));
                return;
              }
              const state = { ...history.at(-1)!.state, turnedKeys: [] };
              history.push({ atMs: world.nowMs, isDurable: true, state });
              host.wake(world.nowMs + delay(), resolve);
            });
          }),
      },
      clock: host.clock,
      places: schedule.places,
      scope: schedule.scope === 'key' ? 'key' : 'endpoint',
      auto: schedule.scope === 'auto',
      leaseMs: leaseMs(schedule.totalTimeoutMs),
      onEvent: (event) => {
        // Those who wait go on in the order in which they are served.
        if (event.kind === 'granted') scopes.push(event.scope);
      },
    });
    const request = async (endpoint: string): Promise<void> => {
      const permit = await desk.acquire({
        bucket: { key: KEY, endpoint },
        priority: 1 + Math.floor(random() * 8),
      });
      const isUnderKey = scopes.shift() === 'key';
      if (random() < 0.05) await host.clock.sleep(random() * 1_500);
      if (!permit.use()) {
        permit.answered();
        return;
      }
      const isLost = random() * 1_000 < schedule.lostAnswers;
      const takesMs = isLost ? schedule.totalTimeoutMs : random() ** 2 * 400;
      // It arrives whatever becomes of its sender.
      const arrivesAtMs = world.nowMs + takesMs * random();
      world.at(arrivesAtMs, () => arrivals.push({ atMs: world.nowMs, endpoint, isUnderKey }));
      await new Promise<void>((resolve) => host.wake(world.nowMs + takesMs, resolve));
      permit.answered();
    };
    const askForEver = async (endpoint: string): Promise<void> => {
      for (;;) {
        await request(endpoint).catch(() => host.clock.sleep(500));
        if (random() < 0.1) await host.clock.sleep(random() * 20_000);
      }
    };
    host.wake(process.startsAtMs, () => {
      for (let waiter = 0; waiter < process.waiters; waiter++)
        void askForEver(ENDPOINTS[waiter % ENDPOINTS.length]!);
    });
    if (index === 0 && schedule.throttledAtMs !== null) {
      const { throttledAtMs, takenBackAfterMs } = schedule;
      host.wake(throttledAtMs, () =>
        desk.reportThrottled({ key: KEY, endpoint: 'earn' }, takenBackAfterMs === null),
      );
      if (takenBackAfterMs !== null)
        host.wake(throttledAtMs + takenBackAfterMs, () => desk.takeBackSuspicion(KEY));
    }
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
