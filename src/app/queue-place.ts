import type { Clock } from '../core/clock';
import { backoffDelayMs } from '../core/backoff';
import { isKpoolError, KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import { claimQueue, type QueueClaim, type QueuePlace } from '../store/queue-claim';

export { withSchedulesLock } from '../store/queue-claim';
export type { QueuePlace } from '../store/queue-claim';

const DEFAULT_REDIS_PORT = '6379';
/** The pause has reached its most by then. */
const MAX_DOUBLINGS = 10;
/** How often a claim is proved: a connection may die without a word. */
const PROVE_EVERY_MS = 15_000;
const RECLAIM_POLICY = { firstDelayMs: 500, maxDelayMs: 30_000, factor: 2 };

/** Where the jobs are by the configuration: in Redis when its address is given, else in the database itself. */
export function queuePlaceOf(redisUrl: Secret | null): QueuePlace {
  if (redisUrl === null) return { kind: 'postgres', address: null };
  const { hostname, port, pathname } = new URL(redisUrl.reveal());
  const database = pathname.length > 1 ? pathname.slice(1) : '0';
  return { kind: 'redis', address: `${hostname}:${port === '' ? DEFAULT_REDIS_PORT : port}/${database}` };
}

/** For people. */
export function describeQueuePlace({ kind, address }: QueuePlace): string {
  return kind === 'postgres' ? 'the PostgreSQL database itself' : `Redis at ${address ?? ''}`;
}

export interface HoldQueuePlaceOptions {
  readonly databaseUrl: Secret;
  readonly place: QueuePlace;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: (line: string) => void;
  /** Another process took the jobs elsewhere while our claim was broken: this one has to stop. */
  readonly onLost: (error: KpoolError) => void;
}

export interface HeldQueuePlace {
  /** Names this database among others that use the same Redis. */
  readonly installation: string;
  release(): Promise<void>;
}

/**
 * Claims the place of the jobs for this process, and claims it again whenever the connection breaks. Throws
 * `queue.refused` while other running processes have their jobs elsewhere: two queues would do the work twice.
 */
export async function holdQueuePlace(options: HoldQueuePlaceOptions): Promise<HeldQueuePlace> {
  const { claim: first, installation } = await claimOrRefuse(options);
  let claim = first;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const keep = async (): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      await proveUntilEnded(claim, options.clock, stopping.signal);
      const delayMs = backoffDelayMs(RECLAIM_POLICY, Math.min(attempt, MAX_DOUBLINGS), options.random());
      await options.clock.sleep(delayMs, stopping.signal);
      const next = await claimOrRefuse(options).catch((error: unknown) => {
        if (isKpoolError(error, 'queue.refused')) throw error;
        return null;
      });
      if (next === null) continue;
      claim = next.claim;
      attempt = 0;
      if (isStopping()) await claim.release();
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
      await claim.release();
      await keeping;
    },
  };
}

/** Resolves when the claim is over; rejects with `aborted` when `signal` fires. */
async function proveUntilEnded(claim: QueueClaim, clock: Clock, signal: AbortSignal): Promise<void> {
  const ended = claim.ended.then(() => true);
  const pause = (): Promise<boolean> => clock.sleep(PROVE_EVERY_MS, signal).then(() => false);
  while (!(await Promise.race([ended, pause()]))) await claim.prove();
}

async function claimOrRefuse(
  options: HoldQueuePlaceOptions,
): Promise<{ readonly claim: QueueClaim; readonly installation: string }> {
  const claim = await claimQueue(options.databaseUrl, options.place);
  const { verdict } = claim;
  if (verdict.outcome === 'claimed') {
    if (verdict.changedFrom !== null) {
      options.log(
        `The jobs are in ${describeQueuePlace(options.place)} from now on; nothing uses ${describeQueuePlace(verdict.changedFrom)} any more.`,
      );
    }
    return { claim, installation: verdict.installation };
  }
  await claim.release();
  throw new KpoolError(
    'queue.refused',
    `${verdict.users} running kpool process(es) of this database have their jobs in ${describeQueuePlace(verdict.usedPlace)}; this one is configured for ${describeQueuePlace(options.place)}.`,
    {
      hint: 'Give every process the same REDIS_URL (or none). To move the jobs, stop all of them first: nothing is lost.',
    },
  );
}
