import type { Sql } from 'postgres';
import { readPeriod } from '../report/export/period';
import type { CliContext } from './context';

/** Warns if the reports use another time zone than the one configured. */
export async function warnOfOtherZone(context: CliContext, sql: Sql): Promise<void> {
  const here = context.config().report.timeZone;
  const { timeZone } = await readPeriod(sql, null);
  if (here === timeZone) return;
  const { output } = context;
  output.warn(`kpool: Reports still use the time zone ${timeZone}; REPORT_TIME_ZONE is ${here}.`);
  output.warn('  It takes effect at the next kpool sync or kpool start.');
}
