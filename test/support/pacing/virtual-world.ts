import { KpoolError } from '../../../src/core/errors';
import type { Clock } from '../../../src/core/clock';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time, which passes only when nothing is left to do: hours of waiting take milliseconds, and replays agree. */
export class VirtualWorld {
  /** The pool's time, ms, which is the true one. */
  nowMs = 0;
  private order = 0;
  private readonly events: Event[] = [];

  at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(this.nowMs, atMs), order: this.order++, run };
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.events[middle]!, event)) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, event);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.nowMs + ms, resolve));
  }

  async runUntil(endMs: number): Promise<void> {
    await settled();
    for (let event = this.events[0]; event !== undefined && event.atMs <= endMs; event = this.events[0]) {
      this.events.shift();
      this.nowMs = event.atMs;
      event.run();
      // Everything that follows from an event happens before the next one.
      await settled();
    }
    this.nowMs = endMs;
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A period in which a host is suspended: its monotonic clock stands still, its wall clock does not. */
export interface Freeze {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A host with its own clocks, which may be suspended or die. */
export class VirtualHost {
  isDead = false;
  readonly clock: Clock;
  private readonly world: VirtualWorld;
  private readonly options: {
    readonly rate: number;
    readonly startMs: number;
    readonly freezes: readonly Freeze[];
  };

  constructor(
    world: VirtualWorld,
    options: { readonly rate: number; readonly startMs: number; readonly freezes: readonly Freeze[] },
  ) {
    this.world = world;
    this.options = options;
    this.clock = {
      now: () => 1_700_000_000_000 + world.nowMs,
      monotonicMs: () => this.monotonicAt(world.nowMs),
      sleep: (ms, signal) =>
        new Promise<void>((resolve, reject) => {
          const stop = (): void => reject(new KpoolError('aborted', 'Stopped on request.'));
          signal?.addEventListener('abort', stop, { once: true });
          this.wake(this.realAfter(this.monotonicAt(world.nowMs) + ms), () => {
            signal?.removeEventListener('abort', stop);
            resolve();
          });
        }),
    };
  }

  /** Runs `work` on this host at a true time: later if the host is suspended then, never if it is dead. */
  wake(atMs: number, run: () => void): void {
    this.world.at(atMs, () => {
      if (this.isDead) return;
      const freeze = this.options.freezes.find(
        (each) => each.fromMs <= this.world.nowMs && this.world.nowMs < each.toMs,
      );
      if (freeze === undefined) run();
      else this.wake(freeze.toMs, run);
    });
  }

  private monotonicAt(realMs: number): number {
    const frozenMs = this.options.freezes.reduce(
      (sum, each) => sum + Math.max(0, Math.min(realMs, each.toMs) - each.fromMs),
      0,
    );
    return this.options.startMs + (realMs - frozenMs) * this.options.rate;
  }

  /** The true time at which the monotonic clock shows this value. */
  private realAfter(monotonicMs: number): number {
    let realMs = (monotonicMs - this.options.startMs) / this.options.rate;
    for (const each of this.options.freezes) if (realMs > each.fromMs) realMs += each.toMs - each.fromMs;
    return realMs;
  }
}
