import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/**
 * What this process counts about itself; state that is the same for every process is read from the database
 * (`src/report/status/measures.ts`). Label values come from fixed sets (streams, endpoints, outcomes) and the configured account
 * names, never from ids or outside text, so that there are few series and no secrets.
 */
export interface Metrics {
  /** A request to the pool was answered or abandoned. `outcome`: `ok`, or the error code. */
  poolAnswered(account: string, endpoint: string, outcome: string, seconds: number): void;
  /** The rate limiter granted a permit after this wait. */
  permitGranted(account: string, endpoint: string, waitedSeconds: number): void;
  /** `change`: `inserted`, `changed`, `unchanged`, `withdrawn`, `quarantined`. */
  rowsWritten(account: string, stream: string, change: string, count: number): void;
  /** One sync of one scope ended. `outcome`: `succeeded`, `partial`, `failed`, `aborted`. */
  runFinished(account: string, stream: string, outcome: string, seconds: number): void;
  /** `account` is empty for a job without an account. */
  jobFinished(account: string, job: string, outcome: string, seconds: number): void;
  /** All metrics in Prometheus' text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];
const REQUEST_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30];
const WAIT_SECONDS = [0.01, 0.1, 0.5, 1, 2, 5, 15, 60, 300];
const WORK_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200];

/** Metrics in their own registry, so that several in one process do not interfere. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // These gauges have names of counters, which promtool rejects; the same figures are also available by type.
  for (const name of MISNAMED) registry.removeSingleMetric(name);

  const poolSeconds = new Histogram({
    name: 'kpool_pool_request_seconds',
    help: 'Response time of requests to the pool, by endpoint and outcome',
    labelNames: ['account', 'endpoint', 'outcome'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const permitSeconds = new Histogram({
    name: 'kpool_permit_wait_seconds',
    help: 'Time that requests waited for the rate limiter',
    labelNames: ['account', 'endpoint'],
    buckets: WAIT_SECONDS,
    registers,
  });
  const rows = new Counter({
    name: 'kpool_rows_total',
    help: 'Rows read from the pool, by result',
    labelNames: ['account', 'stream', 'change'],
    registers,
  });
  const runSeconds = new Histogram({
    name: 'kpool_run_seconds',
    help: 'Syncs of a scope, by stream and outcome',
    labelNames: ['account', 'stream', 'outcome'],
    buckets: WORK_SECONDS,
    registers,
  });
  const jobSeconds = new Histogram({
    name: 'kpool_job_seconds',
    help: 'Jobs of the queue, by kind and outcome',
    labelNames: ['account', 'job', 'outcome'],
    buckets: WORK_SECONDS,
    registers,
  });

  return {
    poolAnswered: (account, endpoint, outcome, seconds) =>
      poolSeconds.observe({ account, endpoint, outcome }, seconds),
    permitGranted: (account, endpoint, waitedSeconds) =>
      permitSeconds.observe({ account, endpoint }, waitedSeconds),
    rowsWritten: (account, stream, change, count) => rows.inc({ account, stream, change }, count),
    runFinished: (account, stream, outcome, seconds) =>
      runSeconds.observe({ account, stream, outcome }, seconds),
    jobFinished: (account, job, outcome, seconds) => jobSeconds.observe({ account, job, outcome }, seconds),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
