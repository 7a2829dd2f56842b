import { explainRow } from '../../report/explain/explain-row';
import type { Explanation } from '../../report/explain/explanation';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { numeric, type TableColumn } from '../output/table';

function formatHead(row: Explanation): readonly string[] {
  const kind = row.type === null ? row.stream : `${row.stream}, ${row.type}`;
  const last = row.states.at(-1);
  return [
    `${row.rowId}: ${last?.amount ?? ''} ${row.currency}, ${last?.status ?? ''}`,
    `  ${row.account} / ${row.subAccount} (puid ${row.puid}), ${row.algo}, ${kind}, mined at ${row.minedAt}`,
    `  It ${row.counts}.${row.value === null ? '' : ` Its value: ${row.value}.`}`,
    ...(row.extra === null ? [] : [`  Other fields: ${row.extra}`]),
  ];
}

function formatExplanation({ output }: CliContext, row: Explanation): string {
  const section = (
    heading: string,
    columns: readonly TableColumn[],
    rows: readonly (readonly (string | null)[])[],
  ): string =>
    `\n${output.colour.bold(heading)}\n${rows.length === 0 ? 'None.' : output.table(columns, rows)}`;
  return [
    ...formatHead(row),
    section(
      'States: what the pool served, and when it was known',
      ['change', 'known from', 'to', numeric('amount'), 'status', 'settled at'],
      row.states.map(({ change, from, to, amount, status, settledAt }) => [
        change,
        from,
        to ?? 'now',
        amount,
        status,
        settledAt,
      ]),
    ),
    section(
      'Certificates that cover it: the first and the latest stored',
      ['read at', 'last read so', numeric('rows'), 'content hash', 'run'],
      row.certificates.map(({ observedAt, verifiedAt, rowsServed, contentHash, run }) => [
        observedAt,
        verifiedAt,
        String(rowsServed),
        shortenHash(contentHash),
        run,
      ]),
    ),
    section(
      'Closes of its month',
      ['month', 'action', 'as of', numeric('amount then')],
      row.closes.map(({ month, action, instant, amount }) => [month, action, instant, amount]),
    ),
    section(
      'Exports that contain it',
      ['file', 'basis', 'as of', numeric('amount'), 'SHA-256'],
      row.exports.map(({ file, basis, asOf, amount, sha256 }) => [
        file,
        basis,
        asOf,
        amount ?? 'gone',
        shortenHash(sha256),
      ]),
    ),
  ].join('\n');
}

/** Enough to find the whole one. */
function shortenHash(hash: string): string {
  return hash.slice(0, 16);
}

/** `kpool explain`: traces one ledger row. */
export const configureExplain: ConfigureCommand = (command, context) => {
  command
    .argument('<row-id>', 'the row_id from an export or from report.income_ledger')
    .action(async (rowId: string) => {
      const row = await workOnDatabase(context, 'explain', (sql) => explainRow(sql, rowId.toLowerCase()));
      context.output.result(
        {
          ...row,
          states: row.states.map((state) => ({ ...state })),
          certificates: row.certificates.map((certificate) => ({ ...certificate })),
          closes: row.closes.map((close) => ({ ...close })),
          exports: row.exports.map((held) => ({ ...held })),
        },
        () => formatExplanation(context, row),
      );
    });
  withExamples(
    command,
    'kpool explain 0f3d9b7c2a1e4f5d8c6b7a9e0d1c2b3a',
    'kpool explain 0f3d9b7c2a1e4f5d8c6b7a9e0d1c2b3a --json',
  );
};
