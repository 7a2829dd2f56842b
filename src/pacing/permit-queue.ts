import { assert } from '../core/assert';
import { throwIfAborted, type Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { PacedBucket, Permit, PermitRequest } from '../core/pacer';
import { Buckets, type Bucket, type Waiter } from './buckets';
import type { PacingEvent } from './events';
import { HandBacks } from './hand-backs';
import { LevelReports } from './level-reports';
import { LongWaits } from './long-waits';
import { WHOLE_KEY, type PaceLevel } from './pace-level';
import { createPermit, readClocks, type ClockReading } from './permit';
import { PollLoop, type PollWork } from './poll-loop';
import type { BucketResult, PollResult, SlotStore, WantedBucket } from './slot-store';
import { REST_MS, TIMER_MARGIN_MS } from './time-limits';

export interface PermitQueueOptions {
  readonly store: SlotStore;
  readonly clock: Clock;
  /** N of P6. */
  readonly slots: number;
  /** The level that keys start with, and whether the store may change it. */
  readonly level: PaceLevel;
  readonly auto: boolean;
  readonly leaseMs: number;
  /** Names this process in the store; unique. */
  readonly processId: string;
  readonly onEvent: (event: PacingEvent) => void;
}

/** Keeps a poll a short transaction even in a large process. */
const MAX_BUCKETS_PER_POLL = 200;

/**
 * One process's side of the pacing: who waits, what is handed back, and the polls of the store that serve both.
 * Its modes, with the contract of each:
 *
 * - **idle**: nobody waits and nothing is to be handed back. No timer, no statement. Ends with `acquire`, a report about
 *   a key, or the answer to a request.
 * - **waiting**: a timer runs until the first bucket is due: when its next slot may be free, and at least every
 *   `POLL_INTERVAL_MS`. A hand-back is sent within `HAND_BACK_DELAY_MS`.
 * - **polling**: one statement is under way, never two. It serves all buckets that are due. It asks for no slot that
 *   this process itself used within `REST_MS` by its monotonic clock.
 * - **retrying**: polls fail, and pauses between them grow up to `POLL_RETRY.maxDelayMs`. Waiters keep their place. What a failed
 *   poll may have been granted is handed back by the next. After `GIVE_UP_AFTER_MS` all waiters are rejected with
 *   `pacing.unavailable`; later ones wait as long again.
 * - **stopped**: all waiters are rejected with `aborted`, later ones too. Hand-backs are sent at once, also for requests
 *   that are answered later, until a poll fails: from then on leases expire.
 */
export class PermitQueue implements PollWork {
  private readonly options: PermitQueueOptions;
  private readonly clock: Clock;
  private readonly buckets: Buckets;
  private readonly loop: PollLoop;
  private readonly reports = new LevelReports();
  private readonly handBacks: HandBacks;
  private readonly longWaits: LongWaits;
  private permitCount = 0;
  private stopped = false;

  constructor(options: PermitQueueOptions) {
    this.options = options;
    this.clock = options.clock;
    this.buckets = new Buckets(options.slots, options.level);
    this.handBacks = new HandBacks(options.leaseMs);
    this.longWaits = new LongWaits(options.onEvent);
    this.loop = new PollLoop(this, options.clock);
  }

  async acquire(request: PermitRequest): Promise<Permit> {
    const { bucket, priority, signal } = request;
    throwIfAborted(signal);
    if (this.stopped) throw aborted();
    return new Promise<Permit>((resolve, reject) => {
      const leave = (): void => {
        this.buckets.bucketFor(bucket).removeWaiter(waiter);
        reject(aborted());
      };
      const waiter: Waiter = {
        ...bucket,
        priority,
        arrivedAtMs: this.clock.monotonicMs(),
        resolve: (permit) => {
          signal?.removeEventListener('abort', leave);
          resolve(permit);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', leave);
          reject(error);
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      const line = this.buckets.bucketFor(bucket);
      line.addWaiter(waiter);
      this.loop.poke(this.buckets.dueAtMs(line, waiter.arrivedAtMs));
    });
  }

  waitEstimateMs(bucket: PacedBucket): number {
    const line = this.buckets.bucketFor(bucket);
    const nowMs = this.clock.monotonicMs();
    const roundsAhead = Math.floor(line.waiters.length / this.options.slots);
    return Math.max(0, this.buckets.freeAtMs(line, nowMs) - nowMs) + roundsAhead * REST_MS;
  }

  async lostRecordMs(): Promise<number> {
    const nothing = { handBacks: [], scopedKeys: [], unscopedKeys: [], wanted: [] };
    return (await this.options.store.poll(nothing)).lostForMs;
  }

  reportThrottled({ key }: PacedBucket, isCertain = true): void {
    if (!this.options.auto || this.stopped) return;
    if (this.reports.noteThrottled(key, this.levelOf(key), isCertain)) this.loop.poke(-Infinity);
  }

  retractUncertainReports(key: string): void {
    if (!this.stopped && this.reports.retract(key)) this.loop.poke(-Infinity);
  }

  levelOf(key: string): PaceLevel {
    return this.buckets.levelOf(key);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const waiter of this.buckets.takeWaiters()) waiter.reject(aborted());
    await this.loop.stop();
  }

  dueAtMs(): number {
    if (this.reports.unsent().length > 0) return -Infinity;
    const nowMs = this.clock.monotonicMs();
    return this.buckets
      .all()
      .reduce((dueAtMs, bucket) => Math.min(dueAtMs, this.buckets.dueAtMs(bucket, nowMs)), this.flushAtMs());
  }

  async poll(): Promise<void> {
    const sentAt = readClocks(this.clock);
    const nowMs = sentAt.monotonicMs;
    this.buckets.dropEndedUses(nowMs);
    const buckets = this.buckets.due(nowMs).slice(0, MAX_BUCKETS_PER_POLL);
    const wanted = buckets.map((bucket) => this.want(bucket, nowMs));
    const reports = this.reports.unsent();
    const result = await this.sendPoll(wanted, reports, nowMs);
    for (const [key, level] of reports) this.noteLevel(key, level);
    buckets.forEach((bucket, index) => {
      const { permits = [] } = wanted[index] ?? {};
      const found = result.buckets[index];
      assert(found !== undefined, 'a poll answers for every bucket that was wanted');
      this.applyResult(bucket, found, permits.slice(0, found.granted), sentAt);
    });
    this.longWaits.report(this.buckets.all(), this.clock.monotonicMs(), result.lostForMs);
  }

  giveUp(error: unknown): void {
    this.reports.forget();
    this.options.onEvent({ kind: 'unavailable', error });
    for (const waiter of this.buckets.takeWaiters()) waiter.reject(unavailable(error));
  }

  /** A poll that fails may still have granted what it asked for: the next one hands that back. */
  private async sendPoll(
    wanted: readonly WantedBucket[],
    reports: readonly (readonly [key: string, level: PaceLevel])[],
    nowMs: number,
  ): Promise<PollResult> {
    const keysTo = (to: PaceLevel): string[] =>
      reports.filter(([, level]) => level === to).map(([key]) => key);
    const handBacks = this.handBacks.take(nowMs);
    try {
      return await this.options.store.poll({
        handBacks: handBacks.map(({ restEndsAtMs, ...held }) => ({
          ...held,
          restMs: Math.max(0, restEndsAtMs - nowMs),
        })),
        scopedKeys: keysTo('key'),
        unscopedKeys: keysTo('endpoint'),
        wanted,
      });
    } catch (error) {
      const unknown = wanted.flatMap(({ key, endpoint, permits }) =>
        permits.map((permit) => ({ key, endpoint, permit, sinceMs: nowMs, restEndsAtMs: nowMs })),
      );
      this.handBacks.restore([...handBacks, ...unknown]);
      throw error;
    }
  }

  private want(bucket: Bucket, nowMs: number): WantedBucket {
    const { key, endpoint, waiters } = bucket;
    const count = Math.min(waiters.length, this.buckets.allowance(bucket, nowMs));
    const permits = Array.from({ length: count }, () => `${this.options.processId} ${++this.permitCount}`);
    return { key, endpoint, permits, waitMs: bucket.turnWaitMs(nowMs) };
  }

  private applyResult(
    bucket: Bucket,
    found: BucketResult,
    granted: readonly string[],
    sentAt: ClockReading,
  ): void {
    for (const permit of granted) this.deliver(bucket, permit, sentAt);
    bucket.polledAtMs = this.clock.monotonicMs();
    bucket.forecastFreeAtMs = bucket.polledAtMs + found.nextInMs + TIMER_MARGIN_MS;
    if (this.options.auto) this.buckets.setLevel(bucket.key, found.scopedToKey ? 'key' : 'endpoint');
  }

  private deliver(bucket: Bucket, permit: string, sentAt: ClockReading): void {
    const nowMs = this.clock.monotonicMs();
    const waiter = bucket.waiters.shift();
    // Its waiter has left.
    if (waiter === undefined) {
      this.handBack(bucket, permit, 0);
      return;
    }
    const { key, endpoint, arrivedAtMs } = waiter;
    bucket.grantedAtMs = nowMs;
    bucket.uses.set(permit, sentAt.monotonicMs + this.options.leaseMs);
    const level = bucket.endpoint === WHOLE_KEY ? 'key' : 'endpoint';
    this.options.onEvent({
      kind: 'granted',
      bucket: { key, endpoint },
      level,
      waitedMs: nowMs - arrivedAtMs,
    });
    waiter.resolve(createPermit(this.clock, sentAt, (restMs) => this.handBack(bucket, permit, restMs)));
  }

  /** The slot is no longer in use, and rests for `restMs` from now by the monotonic clock. */
  private handBack(bucket: Bucket, permit: string, restMs: number): void {
    const { key, endpoint } = bucket;
    const sinceMs = this.clock.monotonicMs();
    const handBack = { key, endpoint, permit, sinceMs, restEndsAtMs: sinceMs + restMs };
    bucket.uses.set(permit, handBack.restEndsAtMs);
    // An unused slot is free at once.
    if (restMs === 0) bucket.forecastFreeAtMs = -Infinity;
    this.handBacks.add(handBack);
    this.loop.poke(this.flushAtMs());
  }

  /** Once stopped, at once. */
  private flushAtMs(): number {
    const atMs = this.handBacks.flushAtMs();
    return this.stopped && atMs < Infinity ? -Infinity : atMs;
  }

  /** Emits no event for what the store already knew. */
  private noteLevel(key: string, level: PaceLevel): void {
    this.reports.noteSent(key, level);
    if (this.levelOf(key) === level) return;
    this.buckets.setLevel(key, level);
    this.options.onEvent({ kind: 'scoped', key, level });
  }
}

function aborted(): KpoolError {
  return new KpoolError('aborted', 'Stopped on request.');
}

function unavailable(cause: unknown): KpoolError {
  return new KpoolError('pacing.unavailable', 'The database that paces the requests cannot be asked.', {
    hint: 'No request is sent without it. Check the database (kpool check).',
    cause,
  });
}
