import type { Sql } from 'postgres';
import { readPeriod } from '../report/export/period';
import type { CliContext } from './context';

/** Warns when the reports' months follow another time zone than the one configured here. */
export async function tellOfOtherZone(context: CliContext, sql: Sql): Promise<void> {
  const here = context.config().report.timeZone;
  const { timeZone } = await readPeriod(sql, null);
  if (here === timeZone) return;
  const { output } = context;
  output.warn(`kpool: The months of the reports are those of ${timeZone}; REPORT_TIME_ZONE here is ${here}.`);
  output.warn('  It counts from the next kpool sync on, or the next start of kpool start.');
}
