import type postgres from 'postgres';
import { countRows, readCompleteness, readMonthsOfIncome } from '../../report/demo-overview';
import { readStreamFreshness } from '../../report/status/stream-freshness';
import type { CliContext } from '../context';
import { describeFreshness } from './status-summary';
import { numeric } from './table';
import { formatRelative } from './times';

const MONTHS_SHOWN = 4;

/** What an accountant and an operator would look at first. */
export async function readDemoOverview(sql: postgres.Sql) {
  const [income, freshness, completeness, rows] = await Promise.all([
    readMonthsOfIncome(sql, MONTHS_SHOWN),
    readStreamFreshness(sql),
    readCompleteness(sql),
    countRows(sql),
  ]);
  return { income, freshness, completeness, rows };
}

export type DemoOverview = Awaited<ReturnType<typeof readDemoOverview>>;

export function formatDemoOverview({ output, clock }: CliContext, overview: DemoOverview): string {
  const heading = (text: string): string => `\n${output.colour.bold(text)}`;
  const withRows = overview.rows.filter(({ rows }) => rows !== '0');
  return [
    heading('Income by month and currency (latest months)'),
    output.table(
      ['month', 'currency', numeric('settled'), numeric('pending'), numeric('total')],
      overview.income.map((row) => [row.month, row.currency, row.settled, row.pending, row.total]),
    ),
    heading('Freshness'),
    output.table(
      ['stream', numeric('scopes'), 'last success', 'state'],
      overview.freshness.map((row) => [
        row.stream,
        String(row.scopes),
        row.lastSuccessAt === null ? null : formatRelative(row.lastSuccessAt.getTime(), clock.now()),
        describeFreshness(row),
      ]),
    ),
    heading('Completeness by sub-account'),
    output.table(
      ['stream', 'sub-account', 'algo', 'state', numeric('rows'), numeric('certificates')],
      overview.completeness.map((row) => [
        row.stream,
        row.subAccount,
        row.algo,
        row.state,
        row.rows,
        row.certificates,
      ]),
    ),
    heading('Rows'),
    output.table(
      ['table', numeric('rows')],
      withRows.map((row) => [row.table, row.rows]),
    ),
  ].join('\n');
}

/** For `--json`. */
export function toDemoOverviewJson(overview: DemoOverview) {
  return {
    income: overview.income.map((row) => ({ ...row })),
    freshness: overview.freshness.map((row) => ({
      ...row,
      lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
    })),
    completeness: overview.completeness.map((row) => ({ ...row })),
    rows: overview.rows.map((row) => ({ ...row })),
  };
}
