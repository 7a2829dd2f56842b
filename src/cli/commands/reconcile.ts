import { explainDifferences } from '../../report/reconciliation/difference-clues';
import { readReconciliation, type ReconciliationRow } from '../../report/reconciliation/reconciliation';
import { judge } from '../../report/wellness/judge';
import { judgeTotals } from '../../report/wellness/totals';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { numeric } from '../output/table';
import { exitByVerdict } from '../output/verdict';

/** Fits a terminal, a mail and a printed page. */
const MAX_WIDTH = 100;

function formatSubject({ account, subAccount }: ReconciliationRow): string {
  return `${account} / ${subAccount ?? '(all)'}`;
}

/** Days that are not certified, once per sub-account. */
function formatUncertified({ output }: CliContext, rows: readonly ReconciliationRow[]): readonly string[] {
  const spans = new Map(
    rows.flatMap((row) =>
      row.subAccount === null || row.uncertified === null ? [] : [[formatSubject(row), row.uncertified]],
    ),
  );
  if (spans.size === 0) return [];
  return [output.table(['not certified', 'days (UTC)'], [...spans], MAX_WIDTH), ''];
}

/** What each total that does not match was compared with. */
function formatMismatches({ output }: CliContext, rows: readonly ReconciliationRow[]): readonly string[] {
  const open = rows.filter(({ verdict }) => !verdict.startsWith('matches'));
  if (open.length === 0) return [];
  return [
    output.table(
      ['not matched', 'as of (UTC)', numeric('settled'), numeric('pending'), 'why'],
      open.map((row) => [
        `${formatSubject(row)} ${row.currency}`,
        row.observedAt === null ? null : row.observedAt.toISOString().slice(0, 16).replace('T', ' '),
        row.ledgerSettled,
        row.ledgerPending,
        row.reason,
      ]),
      MAX_WIDTH,
    ),
    '',
  ];
}

/** Other definitions that fit all totals of an account; the verdicts name only one. */
function formatRivals(rows: readonly ReconciliationRow[]): readonly string[] {
  const rivals = new Map(
    rows.flatMap(({ account, alsoFits }) => (alsoFits === null ? [] : [[account, alsoFits]])),
  );
  return [...rivals].map(([account, others]) => `The totals of ${account} also fit: ${others}.`);
}

/** What the totals of each account count, if proven. */
function formatProven(rows: readonly ReconciliationRow[]): readonly string[] {
  const proven = new Map(
    rows.flatMap(({ account, definition, provenOn }) =>
      definition === null || provenOn === null
        ? []
        : [
            [
              account,
              `The totals of ${account} count: ${definition} (proven on ${provenOn}, required since).`,
            ],
          ],
    ),
  );
  return [...proven.values()];
}

function formatReconciliation(context: CliContext, rows: readonly ReconciliationRow[]): string {
  if (rows.length === 0) return 'Nothing to reconcile yet: run kpool sync first.';
  const count = (verdict: ReconciliationRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length;
  const matching = count('matches') + count("matches to the pool's digits");
  return [
    context.output.table(
      ['account / sub-account', 'currency', numeric('pool total'), numeric('difference'), 'verdict'],
      rows.map((row) => [
        formatSubject(row),
        row.currency,
        row.poolTotal,
        row.difference,
        row.definition === null ? row.verdict : `${row.verdict}: ${row.definition}`,
      ]),
      MAX_WIDTH,
    ),
    '',
    ...formatMismatches(context, rows),
    ...formatUncertified(context, rows),
    ...formatProven(rows),
    ...formatRivals(rows),
    `${formatCount(rows.length, 'total')}: ${matching} match, ${count('differs')} differ, ${count('not comparable')} cannot be compared.`,
  ].join('\n');
}

/** `kpool reconcile`: compares the ledger with the pool's own totals. */
export const configureReconcile: ConfigureCommand = (command, context) => {
  command.action(async () => {
    const rows = await workOnDatabase(context, 'reconcile', async (sql) =>
      explainDifferences(sql, await readReconciliation(sql)),
    );
    context.output.result(
      rows.map((row) => ({ ...row, observedAt: row.observedAt?.toISOString() ?? null })),
      () => formatReconciliation(context, rows),
    );
    exitByVerdict(context, judge({ totals: judgeTotals(rows) }));
  });
  withExamples(command, 'kpool reconcile', 'kpool reconcile --json');
};
