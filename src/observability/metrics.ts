import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * What the program counts about itself, in Prometheus' terms. Labels are words of fixed vocabularies (streams,
 * endpoints, outcomes): never names, ids or texts from outside, so that there are few series and no secrets.
 */
export interface Metrics {
  /** A request to the pool was answered or given up. `outcome`: `ok`, or the code of the failure. */
  poolAnswered(endpoint: string, outcome: string, seconds: number): void;
  /** A permit of the rate limiter came through after this wait. */
  permitGranted(endpoint: string, waitedSeconds: number): void;
  /** `change`: `inserted`, `changed`, `unchanged`, `withdrawn`, `quarantined`. */
  rowsWritten(stream: string, change: string, count: number): void;
  /** One sync of one scope ended. `outcome`: `succeeded`, `partial`, `failed`, `aborted`. */
  runFinished(stream: string, outcome: string, seconds: number, finishedAtMs: number): void;
  jobFinished(job: string, outcome: string, seconds: number): void;
  /** `code`: SQLSTATE or the code of our error. */
  databaseFailed(code: string): void;
  /** Everything counted so far, in the text format that Prometheus reads. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const REQUEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 2, 5, 15, 60, 300];
const WORK_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];

/** Metrics in a registry of their own: two in one process do not disturb each other. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'kpool_' });

  const poolSeconds = new Histogram({
    name: 'kpool_pool_request_seconds',
    help: 'Time to the answer of a request to the pool, by endpoint and outcome',
    labelNames: ['endpoint', 'outcome'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const permitSeconds = new Histogram({
    name: 'kpool_permit_wait_seconds',
    help: 'Time that requests waited for the rate limit',
    labelNames: ['endpoint'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const rows = new Counter({
    name: 'kpool_rows_total',
    help: 'Rows read from the pool, by what became of them',
    labelNames: ['stream', 'change'],
    registers,
  });
  const runSeconds = new Histogram({
    name: 'kpool_run_seconds',
    help: 'Syncs of a scope, by stream and outcome',
    labelNames: ['stream', 'outcome'],
    buckets: WORK_SECONDS,
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'kpool_last_success_timestamp_seconds',
    help: 'When a sync of the stream last succeeded in this process, Unix time',
    labelNames: ['stream'],
    registers,
  });
  const jobSeconds = new Histogram({
    name: 'kpool_job_seconds',
    help: 'Jobs of the queue, by kind and outcome',
    labelNames: ['job', 'outcome'],
    buckets: WORK_SECONDS,
    registers,
  });
  const databaseErrors = new Counter({
    name: 'kpool_database_errors_total',
    help: 'Failures of the database',
    labelNames: ['code'],
    registers,
  });

  return {
    poolAnswered: (endpoint, outcome, seconds) => poolSeconds.observe({ endpoint, outcome }, seconds),
    permitGranted: (endpoint, waitedSeconds) => permitSeconds.observe({ endpoint }, waitedSeconds),
    rowsWritten: (stream, change, count) => rows.inc({ stream, change }, count),
    runFinished(stream, outcome, seconds, finishedAtMs) {
      runSeconds.observe({ stream, outcome }, seconds);
      if (outcome === 'succeeded') lastSuccess.set({ stream }, finishedAtMs / 1_000);
    },
    jobFinished: (job, outcome, seconds) => jobSeconds.observe({ job, outcome }, seconds),
    databaseFailed: (code) => databaseErrors.inc({ code }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
