import { readReconciliation, type ReconciliationRow } from '../../report/reconciliation';
import { judge } from '../../report/wellness/judge';
import { totalsOf } from '../../report/wellness/totals';
import type { CliContext, RegisterCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { countOf } from '../output/numbers';
import { exitByVerdict } from '../verdict';

/** Which days are not proven, a line each for a sub-account. */
function uncertifiedText(rows: readonly ReconciliationRow[]): readonly string[] {
  const lines = rows.flatMap(({ account, subAccount, uncertified }) =>
    subAccount === null || uncertified === null ? [] : [`  ${subAccount} (${account}): ${uncertified}`],
  );
  return lines.length === 0 ? [] : ['Not certified:', ...new Set(lines), ''];
}

function resultText({ output }: CliContext, rows: readonly ReconciliationRow[]): string {
  if (rows.length === 0) return 'Nothing to reconcile yet: run kpool sync first.';
  const amount = (heading: string) => ({ heading, isNumber: true });
  const count = (verdict: ReconciliationRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length;
  const matching = count('matches') + count("matches to the pool's digits");
  return [
    output.table(
      [
        ...['account', 'sub-account', 'currency', 'as of (UTC)'].map((heading) => ({ heading })),
        ...['pool total', 'settled', 'pending', 'difference'].map(amount),
        ...['verdict', 'what matched, or why not'].map((heading) => ({ heading })),
      ],
      rows.map((row) => [
        ...[row.account, row.subAccount ?? '(all)', row.currency],
        row.observedAt === null ? null : row.observedAt.toISOString().slice(0, 19).replace('T', ' '),
        ...[row.poolTotal, row.ledgerSettled, row.ledgerPending, row.difference],
        ...[row.verdict, row.definition ?? row.reason],
      ]),
    ),
    '',
    ...uncertifiedText(rows),
    `${countOf(rows.length, 'total')}: ${matching} match, ${count('differs')} differ, ${count('not comparable')} cannot be compared.`,
  ].join('\n');
}

/** `kpool reconcile`: the ledger against the pool's own totals. */
export const registerReconcile: RegisterCommand = (program, context) => {
  const command = program
    .command('reconcile')
    .description(
      "Compare the ledger with the pool's own totals; exit 1 when one differs, or when none could be compared",
    )
    .action(async () => {
      const rows = await workOnDatabase(context, 'reconcile', readReconciliation);
      context.output.result(
        rows.map((row) => ({ ...row, observedAt: row.observedAt?.toISOString() ?? null })),
        () => resultText(context, rows),
      );
      exitByVerdict(context, judge({ totals: totalsOf(rows) }));
    });
  withExamples(command, 'kpool reconcile', 'kpool reconcile --json');
};
