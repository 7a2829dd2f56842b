import { assert } from '../core/assert';
import { throwIfAborted } from '../core/clock';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import { BucketLines, turnWaitMs } from './bucket-lines';
import type { BucketLine, PacedBucket, PaceScope, Waiter } from './bucket-lines';
import { readClock, restedAtMs, watchedMs } from './database-time';
import type { DatabaseTime } from './database-time';
import { LookLoop } from './look-loop';
import type { LookWork } from './look-loop';
import { createPermit, momentOf } from './permit';
import type { Moment, Permit } from './permit';
import { WHOLE_KEY } from './place-store';
import type { Grant, HandBack, HeldPlace, Look, Outlook, PlaceStore, Sight } from './place-store';
import { AHEAD_MS, PERMIT_LIFE_MS, REST_MS } from './rest';

/** What a person or a metric may want to know. */
export type PacingEvent =
  | {
      readonly kind: 'granted';
      readonly bucket: PacedBucket;
      readonly scope: PaceScope;
      readonly waitedMs: number;
    }
  /** The pool throttled a key, which is paced as a whole from now on; or that meant something else, and is taken back. */
  | { readonly kind: 'turned'; readonly key: string; readonly scope: PaceScope }
  /** The database's clock was stepped, or it or this host is slow: a place that was granted rests again. */
  | { readonly kind: 'mistrusted'; readonly heldBackMs: number }
  | {
      readonly kind: 'look-failed';
      readonly error: unknown;
      readonly attempt: number;
      readonly retryInMs: number;
    }
  | { readonly kind: 'unavailable'; readonly error: unknown };

export interface DeskOptions {
  readonly store: PlaceStore;
  readonly clock: Clock;
  /** N of P6. */
  readonly places: number;
  /** The scope that keys start with, and whether the store may turn it. */
  readonly scope: PaceScope;
  readonly auto: boolean;
  readonly leaseMs: number;
  readonly onEvent: (event: PacingEvent) => void;
}

/** Timers fire up to 1 ms early; a look that comes too early costs another. */
const WAKE_MARGIN_MS = 1;
/** A permit that would have to be held back longer is handed back: its life is nearly over by then. */
const MAX_HOLD_MS = PERMIT_LIFE_MS / 2;
/** Hand-backs may wait for company: they say how old they are. */
const HAND_BACK_DELAY_MS = 25;
/** One look of a large process stays a short transaction. */
const MAX_BUCKETS_PER_LOOK = 200;
const MAX_HAND_BACKS_PER_LOOK = 1_000;

interface PendingHandBack {
  readonly held: HeldPlace;
  readonly sinceMs: number;
  readonly restMs: number;
}

/** One process's side of the pacing: who waits, what is handed back, and the looks at the store that serve both. */
export class PacingDesk implements LookWork {
  readonly #options: DeskOptions;
  readonly #clock: Clock;
  readonly #lines: BucketLines;
  readonly #loop: LookLoop;
  readonly #throttledKeys = new Set<string>();
  /** Turned by this process, and the pool may have meant something else. */
  readonly #suspectedKeys = new Set<string>();
  readonly #clearedKeys = new Set<string>();
  #handBacks: PendingHandBack[] = [];
  #time: DatabaseTime | null = null;
  #stopped = false;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#lines = new BucketLines(options.scope);
    this.#loop = new LookLoop(this, options.clock);
  }

  async acquire(request: {
    readonly bucket: PacedBucket;
    readonly priority: number;
    readonly signal?: AbortSignal;
  }): Promise<Permit> {
    const { bucket, priority, signal } = request;
    throwIfAborted(signal);
    this.#refuseWhenStopped();
    return new Promise<Permit>((resolve, reject) => {
      const stopListening = (): void => signal?.removeEventListener('abort', abort);
      const waiter: Waiter = {
        ...bucket,
        priority,
        arrivedAtMs: this.#clock.monotonicMs(),
        resolve: (permit) => {
          stopListening();
          resolve(permit);
        },
        reject: (error) => {
          stopListening();
          reject(error);
        },
      };
      const abort = (): void => {
        this.#lines.removeWaiter(waiter);
        waiter.reject(aborted());
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#lines.addWaiter(waiter);
      this.#loop.poke();
    });
  }

  reportThrottled({ key }: PacedBucket, isCertain = true): void {
    if (!this.#options.auto || this.#stopped) return;
    if (isCertain) this.#suspectedKeys.delete(key);
    this.#clearedKeys.delete(key);
    if (this.#lines.scopeOf(key) === 'key') return;
    const isReported = this.#throttledKeys.has(key);
    if (!isCertain && !isReported) this.#suspectedKeys.add(key);
    this.#throttledKeys.add(key);
    this.#loop.poke();
  }

  takeBackSuspicion(key: string): void {
    if (!this.#suspectedKeys.delete(key) || this.#stopped) return;
    this.#throttledKeys.delete(key);
    this.#clearedKeys.add(key);
    this.#loop.poke();
  }

  async waitEstimateMs(bucket: PacedBucket): Promise<number> {
    this.#refuseWhenStopped();
    return new Promise<number>((resolve, reject) => {
      this.#lines.addAsker({ ...bucket, resolve, reject });
      this.#loop.poke();
    });
  }

  scopeOf(key: string): PaceScope {
    return this.#lines.scopeOf(key);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const person of this.#lines.clear()) person.reject(aborted());
    await this.#loop.stop();
  }

  dueAtMs(): number {
    if (this.#throttledKeys.size > 0 || this.#clearedKeys.size > 0) return -Infinity;
    const [oldest] = this.#handBacks;
    const flushAtMs =
      oldest === undefined ? Infinity : this.#stopped ? -Infinity : oldest.sinceMs + HAND_BACK_DELAY_MS;
    return this.#lines.busy().reduce((dueAtMs, line) => Math.min(dueAtMs, line.lookAtMs), flushAtMs);
  }

  async look(isCurrent: () => boolean): Promise<void> {
    await this.#forgetThrottled();
    const sentAt = momentOf(this.#clock);
    const sentAtMs = sentAt.monotonicMs;
    const lines = this.#dueLines(sentAtMs);
    const handBacks = this.#handBacks.splice(0, MAX_HAND_BACKS_PER_LOOK);
    const throttledKeys = [...this.#throttledKeys];
    this.#throttledKeys.clear();
    const look: Look = {
      handBacks: handBacks.map((back): HandBack => ({
        ...back.held,
        ageMs: Math.max(0, sentAtMs - back.sinceMs),
        restMs: back.restMs,
      })),
      throttledKeys,
      wanted: lines.map((line) => ({
        key: line.key,
        endpoint: line.endpoint,
        count: Math.max(0, Math.min(line.waiters.length - line.promised, this.#options.places)),
        waitMs: turnWaitMs(line, sentAtMs),
      })),
      watchedMs: watchedMs(this.#time, sentAtMs),
    };
    let sight: Sight;
    try {
      sight = await this.#options.store.look(look);
    } catch (error) {
      // Whether the store has done it or not: all of this may be said again.
      this.#handBacks.unshift(...handBacks);
      for (const key of throttledKeys) this.#throttledKeys.add(key);
      this.#loop.poke();
      throw error;
    }
    const news = throttledKeys.filter((key) => this.#lines.scopeOf(key) !== 'key');
    this.#takeIn(sight, lines, sentAt, isCurrent());
    for (const key of news) this.#turn(key, 'key');
  }

  async #forgetThrottled(): Promise<void> {
    const keys = [...this.#clearedKeys];
    if (keys.length === 0) return;
    await this.#options.store.forgetThrottled(keys);
    for (const key of keys) {
      // Unless the pool has throttled it meanwhile.
      if (this.#clearedKeys.delete(key)) this.#turn(key, 'endpoint');
    }
  }

  failed(error: unknown, attempt: number, retryInMs: number): void {
    this.#forgetEndedLeases();
    this.#options.onEvent({ kind: 'look-failed', error, attempt, retryInMs });
  }

  giveUp(error: unknown): void {
    this.#forgetEndedLeases();
    this.#throttledKeys.clear();
    this.#clearedKeys.clear();
    this.#options.onEvent({ kind: 'unavailable', error });
    for (const person of this.#lines.clear()) {
      person.reject(
        new KpoolError(
          'pacing.unavailable',
          'The database that keeps the pace of requests cannot be asked.',
          {
            hint: 'No request is sent without it. Check the database (kpool check).',
            cause: error,
          },
        ),
      );
    }
  }

  #dueLines(nowMs: number): BucketLine[] {
    return this.#lines
      .busy()
      .filter((line) => line.lookAtMs <= nowMs)
      .sort((a, b) => a.lookAtMs - b.lookAtMs)
      .slice(0, MAX_BUCKETS_PER_LOOK);
  }

  #takeIn(sight: Sight, lines: readonly BucketLine[], sentAt: Moment, isCurrent: boolean): void {
    const receivedAtMs = this.#clock.monotonicMs();
    const time = readClock(this.#time, receivedAtMs, sight.databaseNowMs, this.#options.leaseMs);
    this.#time = time;
    for (const grant of sight.grants) {
      const line = this.#lines.find(grant.key, grant.endpoint);
      if (line !== undefined) line.grantedAtMs = sentAt.monotonicMs;
      const holdMs = restedAtMs(time, grant.usableAtMs, grant.restMs, receivedAtMs) - receivedAtMs;
      const isTrusted = holdMs <= MAX_HOLD_MS;
      if (!isTrusted) this.#options.onEvent({ kind: 'mistrusted', heldBackMs: holdMs });
      if (!isTrusted || !isCurrent) this.#handBack(grant, grant.restMs);
      else if (holdMs > 0) void this.#holdBack(grant, holdMs, sentAt);
      else this.#deliver(grant, sentAt);
    }
    lines.forEach((line, index) => {
      const outlook = sight.outlooks[index];
      assert(outlook !== undefined, 'a look answers for every bucket that was asked for');
      this.#lookAhead(line, outlook, sentAt.monotonicMs);
    });
  }

  #lookAhead(line: BucketLine, outlook: Outlook, sentAtMs: number): void {
    line.lookAtMs = sentAtMs + Math.max(0, outlook.nextInMs - AHEAD_MS + WAKE_MARGIN_MS);
    line.guessed = outlook.nextInFlight;
    if (this.#options.auto) this.#lines.turn(line.key, outlook.turned ? 'key' : 'endpoint');
    // A line that has just been turned is empty: its askers are asked for again under the new scope.
    const turnsAhead = Math.floor(line.waiters.length / this.#options.places);
    for (const asker of line.askers.splice(0)) asker.resolve(outlook.nextInMs + turnsAhead * REST_MS);
  }

  /** What the store already knew is no event. */
  #turn(key: string, scope: PaceScope): void {
    this.#lines.turn(key, scope);
    this.#options.onEvent({ kind: 'turned', key, scope });
  }

  async #holdBack(grant: Grant, holdMs: number, requestedAt: Moment): Promise<void> {
    const line = this.#lines.find(grant.key, grant.endpoint);
    if (line !== undefined) line.promised += 1;
    await this.#clock.sleep(Math.ceil(holdMs));
    if (line !== undefined) line.promised -= 1;
    this.#deliver(grant, requestedAt);
  }

  #deliver(grant: Grant, requestedAt: Moment): void {
    const waiter = this.#lines.find(grant.key, grant.endpoint)?.waiters.shift();
    // Whoever waited has gone.
    if (waiter === undefined) {
      this.#handBack(grant, 0);
      return;
    }
    const { key, endpoint } = waiter;
    const waitedMs = this.#clock.monotonicMs() - waiter.arrivedAtMs;
    const scope = grant.endpoint === WHOLE_KEY ? 'key' : 'endpoint';
    this.#options.onEvent({ kind: 'granted', bucket: { key, endpoint }, scope, waitedMs });
    waiter.resolve(createPermit(this.#clock, requestedAt, (restMs) => this.#handBack(grant, restMs)));
  }

  /** From now by the monotonic clock: the place was not in use at this moment, and rests for `restMs` from here. */
  #handBack(held: HeldPlace, restMs: number): void {
    const { key, endpoint, place, grantId } = held;
    const sinceMs = this.#clock.monotonicMs();
    this.#handBacks.push({ held: { key, endpoint, place, grantId }, sinceMs, restMs });
    for (const line of this.#lines.ofKey(key)) {
      // What was a guess while the request was in flight can be known now, and an unused place is free now.
      if (line.guessed || restMs === 0) line.lookAtMs = Math.min(line.lookAtMs, sinceMs);
    }
    this.#loop.poke();
  }

  /** A place whose lease is over needs no hand-back any more. */
  #forgetEndedLeases(): void {
    const endedMs = this.#clock.monotonicMs() - this.#options.leaseMs;
    this.#handBacks = this.#handBacks.filter((back) => back.sinceMs > endedMs);
  }

  #refuseWhenStopped(): void {
    if (this.#stopped) throw aborted();
  }
}

function aborted(): KpoolError {
  return new KpoolError('aborted', 'Stopped on request.');
}
