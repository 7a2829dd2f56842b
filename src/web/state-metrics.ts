import { Gauge, Registry } from 'prom-client';
import type { Measures } from '../report/status/measures';
import type { Reachability } from '../report/wellness/facts';
import { isReady } from '../report/wellness/judge';

export interface State {
  /** Null: the database could not be read. */
  readonly measures: Measures | null;
  readonly queue: Reachability;
  /** Jobs by state; null if no queue could be read. */
  readonly jobs: Readonly<Record<string, number>> | null;
  readonly version: string;
}

/** The database's state in Prometheus' text format. */
export async function renderState({ measures, queue, jobs, version }: State): Promise<string> {
  const registry = new Registry();
  const gauge: CreateGauge = (name, help, ...labelNames) =>
    new Gauge({ name: `kpool_${name}`, help, labelNames, registers: [registry] });

  gauge('build_info', 'Always 1; the version is the label', 'version').set({ version }, 1);
  gauge('database_up', 'Whether the database could be read').set(flag(measures !== null));
  if (queue !== 'none here') gauge('queue_up', 'Whether the queue answers').set(flag(queue === 'ok'));
  if (jobs !== null) {
    const queued = gauge('queue_jobs', 'Jobs in the queue, by state', 'state');
    for (const [state, count] of Object.entries(jobs)) queued.set({ state }, count);
  }
  if (measures !== null) {
    gauge('ready', 'Whether /readyz answers 200').set(flag(isReady(measures)));
    measureProblems(gauge, measures);
    measureStreams(gauge, measures);
    measureLedgers(gauge, measures);
    measureTables(gauge, measures);
  }
  return registry.metrics();
}

/** Adds a metric `kpool_<name>`. */
type CreateGauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) => Gauge<Label>;

function flag(isSo: boolean): number {
  return isSo ? 1 : 0;
}

function measureProblems(gauge: CreateGauge, { problems, accounts }: Measures): void {
  const counts = gauge('problems', 'Problems, as in kpool status', 'account', 'kind', 'severity');
  for (const { account, kind, severity } of problems) counts.inc({ account: account ?? '', kind, severity });
  const stopped = gauge('account_stopped', 'Whether the account is stopped and needs attention', 'account');
  for (const { account, status } of accounts) stopped.set({ account }, flag(status !== 'ok'));
}

function measureStreams(gauge: CreateGauge, { streams, scopes, quarantine }: Measures): void {
  const success = gauge(
    'last_success_timestamp_seconds',
    'Unix time of the last successful sync of the stream; absent before the first',
    'account',
    'stream',
  );
  const late = gauge(
    'stream_late',
    'Whether the stream has not succeeded for three intervals',
    'account',
    'stream',
  );
  const interval = gauge('stream_interval_seconds', 'How often the stream is synced', 'account', 'stream');
  const open = gauge(
    'quarantine_open_rows',
    'Rows in quarantine that have not been accepted',
    'account',
    'stream',
  );
  for (const { account, stream, lastSuccessAt, isLate, everyMs } of streams) {
    if (lastSuccessAt !== null) success.set({ account, stream }, lastSuccessAt.getTime() / 1_000);
    late.set({ account, stream }, flag(isLate));
    interval.set({ account, stream }, everyMs / 1_000);
    open.set({ account, stream }, 0);
  }
  for (const { account, stream, open: rows } of quarantine) open.set({ account, stream }, rows);
  const synced = gauge('scopes', 'Scopes, by the state of their last sync', 'account', 'stream', 'state');
  for (const { account, stream, state, scopes: count } of scopes)
    synced.set({ account, stream, state }, count);
}

function measureLedgers(gauge: CreateGauge, { ledgers, totals }: Measures): void {
  const held = gauge('ledger_rows', 'Rows of income in certified windows', 'account', 'stream');
  const share = gauge(
    'backfill_ratio',
    'Share of the rows counted by the pool that have been read; absent until the pool has counted them',
    'account',
    'stream',
  );
  for (const { account, stream, rows, poolRows } of ledgers) {
    held.set({ account, stream }, rows);
    if (poolRows !== null) share.set({ account, stream }, poolRows === 0 ? 1 : rows / poolRows);
  }
  const verdicts = gauge(
    'reconciliation_totals',
    "The pool's own totals compared with the ledger, by verdict",
    'account',
    'currency',
    'verdict',
  );
  for (const { account, currency, matching, differing, notComparable } of totals) {
    verdicts.set({ account, currency, verdict: 'matches' }, matching);
    verdicts.set({ account, currency, verdict: 'differs' }, differing);
    verdicts.set({ account, currency, verdict: 'not comparable' }, notComparable);
  }
}

function measureTables(gauge: CreateGauge, { tables, databaseBytes }: Measures): void {
  const estimate = gauge('table_rows', 'Rows of a table, as estimated by PostgreSQL', 'table');
  for (const { table, rows } of tables) estimate.set({ table }, rows);
  gauge('database_size_bytes', 'Size of the database on disk').set(databaseBytes);
}
