import type { Job, JobsOptions } from 'bullmq';
import type { ServiceAccount } from '../src/app/service/service-account';
import type { SyncService } from '../src/app/service/sync-service';
import type { Clock } from '../src/core/clock';
import type { Stream } from '../src/domain/streams';
import type { StreamHolds } from './stream-holds';

/** The part of the service that jobs use. */
export type JobService = Pick<
  SyncService,
  | 'accounts'
  | 'streams'
  | 'plan'
  | 'run'
  | 'mayRun'
  | 'openCircuitMs'
  | 'waitEstimateMs'
  | 'enforceRetention'
  | 'findScopesInFlight'
  | 'closeAbandonedRuns'
>;

type JobLogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

/** The part of the log that jobs use. */
export type JobLog = Readonly<
  Record<
    'debug' | 'info' | 'warn' | 'error',
    (message: string, fields?: JobLogFields, error?: unknown) => void
  >
>;

/** The part of the metrics that jobs use. */
export interface JobMetrics {
  jobFinished(account: string, job: string, outcome: string, seconds: number): void;
}

/** The part of BullMQ's job that processors use; parse its data before trusting it. */
export type QueuedJob = Pick<Job<unknown, unknown>, 'id' | 'name' | 'data' | 'moveToWait'>;

/** A job to be added. */
export interface NewJob {
  readonly name: string;
  readonly data: unknown;
  readonly opts: JobsOptions;
}

/** What every processor works with. */
export interface JobContext {
  readonly service: JobService;
  readonly queue: { addBulk(jobs: NewJob[]): Promise<unknown> };
  readonly everyMs: Readonly<Record<Stream, number>>;
  readonly keepDays: Parameters<JobService['enforceRetention']>[0];
  readonly clock: Clock;
  readonly log: JobLog;
  readonly holds: Pick<StreamHolds, 'hold' | 'remainingMs'>;
  /** Ids of the jobs that this process is running. */
  readonly inFlight: Set<string>;
  /** Plans again in at most this many ms. */
  readonly wakeIn: (ms: number) => void;
  /** Fires when the process stops: work in progress is committed or given back. */
  readonly signal: AbortSignal;
}

/** The account of that name, if this process serves it; else null. */
export function findAccount(service: Pick<JobService, 'accounts'>, name: string): ServiceAccount | null {
  return service.accounts.find((account) => account.name === name) ?? null;
}
