import type { Command } from 'commander';
import { closeMonth, reopenMonth, type CloseResult } from '../../report/months/closes';
import type { Month } from '../../report/months/month';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { warnOfOtherZone } from '../report-zone';
import { parseMonth } from '../time-arguments';

function reportRecord(context: CliContext, month: Month, result: CloseResult, done: string): void {
  const { output } = context;
  if (result.outcome === 'refused') {
    output.result({ outcome: result.outcome, month, reasons: [...result.reasons] }, () =>
      ['Nothing was recorded:', ...result.reasons.map((reason) => `  ${reason}`)].join('\n'),
    );
    if (result.isForceable === true) output.note('To close it anyway, pass --force.');
    context.exitWith(1);
    return;
  }
  output.result(
    { outcome: result.outcome, ...result.record },
    () => `${month} ${done} as of ${result.record.instant}.`,
  );
}

function withNote(command: Command): Command {
  return command
    .argument('<month>', 'e.g. 2026-10', parseMonth)
    .option('--note <text>', 'a reason, stored with the record');
}

/** `kpool close`: closes a month. */
export const configureClose: ConfigureCommand = (command, context) => {
  withNote(command)
    .option('--force', 'close it even if it is not over or not proven complete')
    .action(async (month: Month, flags: { note?: string; force?: boolean }) => {
      const options = { note: flags.note ?? null, force: flags.force === true };
      const result = await workOnDatabase(context, 'close', async (sql) => {
        await warnOfOtherZone(context, sql);
        return closeMonth(sql, month, options);
      });
      reportRecord(context, month, result, 'is closed');
      if (result.outcome === 'recorded') {
        const tieOut = result.record.tieOut ?? '';
        if (result.differing > 0) context.output.warn(`kpool: ${tieOut}`);
        else context.output.note(tieOut);
        if (result.unpriced > 0)
          context.output.warn(
            `kpool: ${formatCount(result.unpriced, 'item')} of ${month} without a price (kpool prices missing). ` +
              'The close keeps it so: import prices, then reopen and close the month again.',
          );
        context.output.note(`To export it: kpool export statement --month ${month}`);
      }
    });
  withExamples(command, 'kpool close 2026-10', 'kpool close 2026-10 --note "reviewed by Ada"');
};

/** `kpool reopen`: lets a closed month follow the ledger again. */
export const configureReopen: ConfigureCommand = (command, context) => {
  withNote(command).action(async (month: Month, flags: { note?: string }) => {
    const result = await workOnDatabase(context, 'reopen', (sql) =>
      reopenMonth(sql, month, { note: flags.note ?? null }),
    );
    reportRecord(context, month, result, 'is open again');
  });
  withExamples(command, 'kpool reopen 2026-10 --note "a late correction by the pool"');
};
