import type { Job, JobsOptions } from 'bullmq';
import type { Clock } from '../src/core/clock';
import type { KeepDays } from '../src/core/keep-days';
import type { Logger } from '../src/core/log';
import type { NamedAccount } from '../src/domain/account';
import type { ScopePlan } from '../src/domain/planning/due-scopes';
import type { Scope } from '../src/domain/scope';
import type { Stream } from '../src/domain/streams';
import type { Retained } from '../src/store/retention';
import type { RunOptions, RunResult } from '../src/sync/runs/run-scope';
import type { StreamRegistry } from '../src/sync/stream-registry';
import type { StreamHolds } from './stream-holds';

/** What jobs need of the service; `src/service/sync-service.ts` does it. */
export interface JobService {
  readonly streams: StreamRegistry;
  readonly accounts: readonly NamedAccount[];
  /** Every scope of a stream and its next visit. */
  plan(account: NamedAccount, stream: Stream): Promise<ScopePlan>;
  /** Syncs one scope and records the result. */
  run(
    account: NamedAccount,
    scope: Scope,
    options: Pick<RunOptions, 'trigger' | 'signal'>,
  ): Promise<RunResult>;
  /** Whether a schedule may sync scopes of a stream: not if the account is stopped, except for a rare attempt. */
  mayRun(account: NamedAccount, stream: Stream): Promise<boolean>;
  /** How long the open circuit pauses this stream of the account, ms; 0 when closed. */
  openCircuitMs(account: NamedAccount, stream: Stream): number;
  /** The shortest time that the next request of a stream will wait for its permit, ms. */
  waitEstimateMs(account: NamedAccount, stream: Stream): number;
  /** Deletes history past its retention, and creates the partitions of the coming days. */
  enforceRetention(keepDays: KeepDays): Promise<Retained>;
  /** Scopes with a run in flight, in this or another process. */
  findScopesInFlight(): Promise<readonly Scope[]>;
  /** Closes the records of runs whose process has ended. Returns how many. */
  closeAbandonedRuns(): Promise<number>;
}

/** The part of the log that jobs use. */
export type JobLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

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
  readonly keepDays: KeepDays;
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
export function findAccount(service: Pick<JobService, 'accounts'>, name: string): NamedAccount | null {
  return service.accounts.find((account) => account.name === name) ?? null;
}
