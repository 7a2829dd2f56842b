// Generates the dashboards in deploy/grafana (or in the given folder). Edit this script, not the files.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
} from '@grafana/grafana-foundation-sdk/common';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

const folder = process.argv[2] ?? path.join(import.meta.dirname, '../deploy/grafana');
const PROMETHEUS = { type: 'prometheus', uid: '${datasource}' };
const POSTGRES = { type: 'grafana-postgresql-datasource', uid: '${datasource}' };

const [GOOD, BAD] = ['green', 'red'];
/** Green below `bad`, red from there on. */
const redFrom = (bad) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: GOOD },
    { value: bad, color: BAD },
  ]);
/** Red below `good`. */
const greenFrom = (good) =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: BAD },
    { value: good, color: GOOD },
  ]);

const refIdOf = (index) => String.fromCharCode('A'.charCodeAt(0) + index);
const promql = (expr, legend, index = 0) =>
  new DataqueryBuilder().refId(refIdOf(index)).expr(expr).legendFormat(legend).datasource(PROMETHEUS);
/** The SDK has no type for PostgreSQL queries. */
const sql = (rawSql, format) => ({
  build: () => ({ refId: 'A', datasource: POSTGRES, editorMode: 'code', rawQuery: true, format, rawSql }),
});

const onPrometheus = (panel, title, description, queries) => {
  panel.title(title).description(description).datasource(PROMETHEUS);
  queries.forEach(([expr, legend], index) => panel.withTarget(promql(expr, legend, index)));
  return panel;
};
const onPostgres = (panel, title, description, query, format = 'time_series') =>
  panel.title(title).description(description).datasource(POSTGRES).withTarget(sql(query, format));

const stat = () => new StatBuilder().span(4).height(4);
const lines = (span = 12) =>
  new TimeseriesBuilder()
    .span(span)
    .height(8)
    .lineWidth(2)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
const bars = (span) =>
  lines(span)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .lineWidth(0)
    .stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
const table = (span = 12) => new TableBuilder().span(span).height(8);

const dashboardOf = (uid, title, datasourceType) =>
  new DashboardBuilder(title)
    .uid(uid)
    .tags(['kpool'])
    .editable()
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type(datasourceType));
const accountVariable = (datasource, query) =>
  new QueryVariableBuilder('account')
    .label('Account')
    .datasource(datasource)
    .query(query)
    .refresh(VariableRefresh.OnDashboardLoad)
    .multi(true)
    .includeAll(true);

/** Every process reports the same state: max() merges it into one series. */
const service = dashboardOf('kpool-service', 'kpool: the service', 'prometheus')
  .description('The state of the kpool service, from its /metrics.')
  .refresh('1m')
  .time({ from: 'now-24h', to: 'now' })
  .withVariable(accountVariable(PROMETHEUS, 'label_values(kpool_account_stopped, account)').allValue('.*'))
  .withPanel(
    onPrometheus(stat().thresholds(greenFrom(1)), 'Ready', '1 if /readyz answers 200.', [
      ['min(kpool_ready) or min(kpool_database_up)', ''],
    ]),
  )
  .withPanel(
    onPrometheus(
      stat().thresholds(redFrom(1)),
      'Problems',
      'Critical problems and warnings; kpool status lists them.',
      [['sum(max by (account, kind) (kpool_problems{severity!="progress"})) or vector(0)', '']],
    ),
  )
  .withPanel(
    onPrometheus(stat().thresholds(redFrom(1)), 'Stopped accounts', 'Accounts that need attention.', [
      ['sum(max by (account) (kpool_account_stopped{account=~"$account"}))', ''],
    ]),
  )
  .withPanel(
    onPrometheus(stat().thresholds(redFrom(1)), 'Late streams', 'No success for three intervals.', [
      ['sum(max by (account, stream) (kpool_stream_late{account=~"$account"}))', ''],
    ]),
  )
  .withPanel(
    onPrometheus(
      stat().unit('percentunit').decimals(1),
      'Backfill',
      'Income rows read, out of those the pool counts.',
      [['avg(max by (account, stream) (kpool_backfill_ratio{account=~"$account"}))', '']],
    ),
  )
  .withPanel(
    onPrometheus(stat(), 'Version', 'More than one: an upgrade is in progress.', [
      ['count by (version) (kpool_build_info)', '{{version}}'],
    ]),
  )
  .withRow(new RowBuilder('State'))
  .withPanel(
    onPrometheus(lines().unit('s'), 'Time since the last success', 'By account and stream.', [
      [
        'time() - max by (account, stream) (kpool_last_success_timestamp_seconds{account=~"$account"})',
        '{{account}} {{stream}}',
      ],
    ]),
  )
  .withPanel(
    onPrometheus(bars(12), 'Problems by kind', 'The same as in kpool status.', [
      ['max by (account, kind) (kpool_problems)', '{{kind}} {{account}}'],
    ]),
  )
  .withPanel(
    onPrometheus(lines(), 'Failing scopes', 'Scopes whose last sync failed.', [
      [
        'max by (account, stream) (kpool_scopes{account=~"$account",state="failing"})',
        '{{account}} {{stream}}',
      ],
    ]),
  )
  .withPanel(
    onPrometheus(lines(), 'Totals that differ, rows in quarantine', 'Both need attention.', [
      [
        'max by (account, currency) (kpool_reconciliation_totals{account=~"$account",verdict="differs"})',
        'differs: {{account}} {{currency}}',
      ],
      [
        'max by (account, stream) (kpool_quarantine_open_rows{account=~"$account"})',
        'quarantine: {{account}} {{stream}}',
      ],
    ]),
  )
  .withRow(new RowBuilder('Work'))
  .withPanel(
    onPrometheus(bars(12).unit('reqps'), 'Requests to the pool', 'Answered or abandoned, by outcome.', [
      ['sum by (outcome) (rate(kpool_pool_request_seconds_count{account=~"$account"}[5m]))', '{{outcome}}'],
    ]),
  )
  .withPanel(
    onPrometheus(lines().unit('s'), 'Response time of the pool', '95th percentile and median.', [
      [
        'histogram_quantile(0.95, sum by (le) (rate(kpool_pool_request_seconds_bucket{account=~"$account"}[15m])))',
        '95 %',
      ],
      [
        'histogram_quantile(0.5, sum by (le) (rate(kpool_pool_request_seconds_bucket{account=~"$account"}[15m])))',
        '50 %',
      ],
    ]),
  )
  .withPanel(
    onPrometheus(
      bars(12),
      'Rows',
      'Rows read per second, by what became of them; those verified unchanged are left out.',
      [
        [
          'sum by (change) (rate(kpool_rows_total{account=~"$account",change!="unchanged"}[5m]))',
          '{{change}}',
        ],
      ],
    ),
  )
  .withPanel(
    onPrometheus(lines().unit('s'), 'Waiting for the rate limiter', '95th percentile.', [
      [
        'histogram_quantile(0.95, sum by (le, endpoint) (rate(kpool_permit_wait_seconds_bucket{account=~"$account"}[15m])))',
        '{{endpoint}}',
      ],
    ]),
  )
  .withPanel(
    onPrometheus(lines(8), 'Queue', 'Jobs by state.', [['max by (state) (kpool_queue_jobs)', '{{state}}']]),
  )
  .withPanel(
    onPrometheus(lines(8), 'Syncs and jobs', 'Per minute, by outcome.', [
      ['sum by (outcome) (rate(kpool_run_seconds_count{account=~"$account"}[15m])) * 60', 'sync {{outcome}}'],
      ['sum by (outcome) (rate(kpool_job_seconds_count[15m])) * 60', 'job {{outcome}}'],
    ]),
  )
  .withPanel(
    onPrometheus(lines(8).unit('bytes'), 'Database and memory', 'On disk, and memory of each process.', [
      ['max(kpool_database_size_bytes)', 'database'],
      ['process_resident_memory_bytes{job="kpool"}', 'memory {{instance}}'],
    ]),
  );

const ACCOUNTS = 'account_name IN (${account:sqlstring})';
const data = dashboardOf('kpool-data', 'kpool: income and machines', 'grafana-postgresql-datasource')
  .description(
    'Income and machines, read from PostgreSQL as the reader (kpool grant-reader). Charts round; tables hold every digit.',
  )
  .timezone('utc')
  .time({ from: 'now-30d', to: 'now' })
  .withVariable(accountVariable(POSTGRES, 'SELECT account_name FROM pool.accounts ORDER BY 1'))
  .withVariable(
    new QueryVariableBuilder('currency')
      .label('Currency')
      .datasource(POSTGRES)
      .query(
        'SELECT currency FROM report.monthly_income GROUP BY currency ORDER BY max(month) DESC, count(*) DESC, 1',
      )
      .refresh(VariableRefresh.OnDashboardLoad),
  )
  .withPanel(
    onPostgres(
      bars(16),
      'Income by day, $currency',
      'By day of mining in the zone of the reports: settled, and pending.',
      `SELECT day::timestamp AT TIME ZONE 'UTC' AS time, sum(settled) AS settled, sum(pending) AS pending
  FROM report.daily_income
 WHERE ${ACCOUNTS} AND currency = \${currency:sqlstring}
   AND day BETWEEN $__timeFrom()::timestamptz::date AND $__timeTo()::timestamptz::date
 GROUP BY day ORDER BY day`,
    ),
  )
  .withPanel(
    onPostgres(
      table(8),
      'Income by month',
      'All digits.',
      `SELECT to_char(month, 'YYYY-MM') AS month, currency, trim_scale(sum(settled))::text AS settled,
       trim_scale(sum(pending))::text AS pending, trim_scale(sum(total))::text AS total
  FROM report.monthly_income WHERE ${ACCOUNTS} AND items > 0
 GROUP BY month, currency ORDER BY month DESC, currency LIMIT 60`,
      'table',
    ),
  )
  .withPanel(
    onPostgres(
      table(),
      "The pool's totals against the ledger",
      'Differences first.',
      `SELECT account_name AS account, sub_account, currency, verdict, difference_text AS difference, reason
  FROM report.reconciliation WHERE ${ACCOUNTS}
 ORDER BY array_position(ARRAY['differs', 'not comparable'], verdict) NULLS LAST, 1, 2, 3 LIMIT 200`,
      'table',
    ),
  )
  .withPanel(
    onPostgres(
      table(),
      'Pending income',
      'By age.',
      `SELECT currency, CASE WHEN age_days < 2 THEN 'up to 2 days' WHEN age_days < 8 THEN 'up to 8 days' ELSE 'older' END AS age,
       count(*) AS items, trim_scale(sum(amount))::text AS amount
  FROM report.unsettled_income WHERE ${ACCOUNTS}
 GROUP BY 1, 2 ORDER BY 1, min(age_days)`,
      'table',
    ),
  )
  .withRow(new RowBuilder('Machines'))
  .withPanel(
    onPostgres(
      lines().unit('suffix:TH/s'),
      'Hashrate by hour',
      'Real-time hashrate of all ACTIVE machines, mean of the hour.',
      `SELECT hour AS time, algo AS metric, sum(avg_hash_rate_ths) AS value
  FROM report.fleet_hashrate_hourly
 WHERE ${ACCOUNTS} AND hour BETWEEN $__timeFrom()::timestamptz AND $__timeTo()::timestamptz
 GROUP BY hour, algo ORDER BY hour`,
    ),
  )
  .withPanel(
    onPostgres(
      lines(),
      'Machines by hour',
      'Listed, and ACTIVE.',
      `SELECT hour AS time, sum(workers) AS listed, sum(active_workers) AS active
  FROM report.fleet_hashrate_hourly
 WHERE ${ACCOUNTS} AND hour BETWEEN $__timeFrom()::timestamptz AND $__timeTo()::timestamptz
 GROUP BY hour ORDER BY hour`,
    ),
  )
  .withPanel(
    onPostgres(
      table(16),
      'Machines that need attention',
      'Costliest first.',
      `SELECT worker_name AS machine, sub_account, site, reasons, lost_hash_rate_ths AS "lost TH/s", status,
       hours_since_last_share AS "hours since the last share", reject_rate
  FROM report.worker_attention WHERE ${ACCOUNTS}
 ORDER BY lost_hash_rate_hps DESC NULLS LAST LIMIT 100`,
      'table',
    ),
  )
  .withPanel(
    onPostgres(
      lines(8),
      'Reject rate by day',
      'Median and 90th percentile of the machines.',
      `SELECT day_utc::timestamp AT TIME ZONE 'UTC' AS time, avg(median_reject_rate) AS median, avg(p90_reject_rate) AS "nine in ten"
  FROM report.reject_rate_daily
 WHERE ${ACCOUNTS} AND day_utc BETWEEN $__timeFrom()::timestamptz::date AND $__timeTo()::timestamptz::date
 GROUP BY day_utc ORDER BY day_utc`,
    ),
  )
  .withRow(new RowBuilder('Freshness'))
  .withPanel(
    onPostgres(
      table(24),
      'Streams',
      'How old the data are, and what could not be parsed.',
      `SELECT account_name AS account, stream, state, last_success_at, next_at, failing_scopes, open_quarantine, last_error
  FROM report.data_freshness WHERE ${ACCOUNTS}`,
      'table',
    ),
  );

for (const [name, dashboard] of Object.entries({ 'kpool-service': service, 'kpool-data': data }))
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(dashboard.build(), null, 2)}\n`);
