// Where the jobs are kept, recorded in the database, so that two processes never disagree.
import { backoffDelayMs } from '../src/core/backoff';
import type { Clock } from '../src/core/clock';
import { isKpoolError, KpoolError } from '../src/core/errors';
import type { Secret } from '../src/core/secret';
import { registerQueue, type QueueRegistration, type QueueLocation } from '../src/store/queue-registration';

const DEFAULT_REDIS_PORT = '6379';
/** The pause has reached its maximum by then. */
const MAX_RECLAIM_DOUBLINGS = 10;
/** How often a registration is checked: a connection may die silently. */
const CHECK_REGISTRATION_EVERY_MS = 15_000;
const RECLAIM_POLICY = { firstDelayMs: 500, maxDelayMs: 30_000, factor: 2 };

/** Where the configuration keeps the jobs: in Redis if its address is given, otherwise in the database. */
export function queueLocationOf(redisUrl: Secret | null): QueueLocation {
  if (redisUrl === null) return { kind: 'postgres', address: null };
  const { hostname, port, pathname } = new URL(redisUrl.reveal());
  const database = pathname.length > 1 ? pathname.slice(1) : '0';
  return { kind: 'redis', address: `${hostname}:${port === '' ? DEFAULT_REDIS_PORT : port}/${database}` };
}

/** The location in words. */
export function describeQueueLocation({ kind, address }: QueueLocation): string {
  return kind === 'postgres' ? 'the PostgreSQL database itself' : `Redis at ${address ?? ''}`;
}

export interface HoldQueueLocationOptions {
  readonly databaseUrl: Secret;
  readonly location: QueueLocation;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: (line: string) => void;
  /** Called if another process moved the queue while our connection was broken: this process must stop. */
  readonly onLost: (error: KpoolError) => void;
}

export interface HeldQueueLocation {
  /** Distinguishes this database from others that use the same Redis. */
  readonly installation: string;
  release(): Promise<void>;
}

/**
 * Registers this process with the queue's location, and again whenever the connection breaks. Throws `queue.refused`
 * while other running processes keep their jobs elsewhere: two queues would do the work twice.
 */
export async function holdQueueLocation(options: HoldQueueLocationOptions): Promise<HeldQueueLocation> {
  const { registration: first, installation } = await registerOrRefuse(options);
  let registration = first;
  const stopping = new AbortController();
  const { signal } = stopping;

  const keep = async (): Promise<never> => {
    for (;;) {
      await proveUntilEnded(registration, options.clock, signal);
      registration = await registerAgain(options, signal);
      if (signal.aborted) await registration.release();
    }
  };
  const keeping = keep().catch((error: unknown) => {
    if (isKpoolError(error, 'queue.refused')) options.onLost(error);
    else if (!isKpoolError(error, 'aborted')) throw error;
  });
  return {
    installation,
    async release() {
      stopping.abort();
      await registration.release();
      await keeping;
    },
  };
}

/** Resolves when the registration has ended; rejects with `aborted` when `signal` fires. */
async function proveUntilEnded(
  registration: QueueRegistration,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const ended = registration.ended.then(() => true);
  const pause = (): Promise<boolean> => clock.sleep(CHECK_REGISTRATION_EVERY_MS, signal).then(() => false);
  while (!(await Promise.race([ended, pause()]))) await registration.prove();
}

/** Registers once the database answers, with growing pauses. Throws `queue.refused` and, when `signal` fires, `aborted`. */
async function registerAgain(
  options: HoldQueueLocationOptions,
  signal: AbortSignal,
): Promise<QueueRegistration> {
  for (let attempt = 1; ; attempt += 1) {
    const delayMs = backoffDelayMs(
      RECLAIM_POLICY,
      Math.min(attempt, MAX_RECLAIM_DOUBLINGS),
      options.random(),
    );
    await options.clock.sleep(delayMs, signal);
    const registered = await registerOrRefuse(options).catch((error: unknown) => {
      if (isKpoolError(error, 'queue.refused')) throw error;
      return null;
    });
    if (registered !== null) return registered.registration;
  }
}

async function registerOrRefuse(
  options: HoldQueueLocationOptions,
): Promise<{ readonly registration: QueueRegistration; readonly installation: string }> {
  const registration = await registerQueue(options.databaseUrl, options.location);
  const { verdict } = registration;
  if (verdict.outcome === 'registered') {
    if (verdict.changedFrom !== null) {
      options.log(
        `The jobs are in ${describeQueueLocation(options.location)} from now on; nothing uses ${describeQueueLocation(verdict.changedFrom)} now.`,
      );
    }
    return { registration, installation: verdict.installation };
  }
  await registration.release();
  throw new KpoolError(
    'queue.refused',
    `${verdict.users} running kpool process(es) of this database have their jobs in ${describeQueueLocation(verdict.usedLocation)}; this one is configured for ${describeQueueLocation(options.location)}.`,
    {
      hint: 'Give every process the same REDIS_URL (or none). To move the jobs, stop all of them first: nothing is lost.',
    },
  );
}
