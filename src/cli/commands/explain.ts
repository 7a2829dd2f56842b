import { explainRow, type Explanation } from '../../report/explain';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { numeric } from '../output/table';

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
  const heading = (text: string): string => `\n${output.colour.bold(text)}`;
  return [
    ...formatHead(row),
    heading('States: what the pool served, and when it was known'),
    output.table(
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
    heading('Certificates that cover it: the first and the latest stored'),
    row.certificates.length === 0
      ? 'None stored.'
      : output.table(
          ['read at', 'last read so', numeric('rows'), 'content hash', 'run'],
          row.certificates.map(({ observedAt, verifiedAt, rowsServed, contentHash, run }) => [
            observedAt,
            verifiedAt,
            String(rowsServed),
            contentHash.slice(0, 16),
            run,
          ]),
        ),
    heading('Closes of its month'),
    row.closes.length === 0
      ? 'None.'
      : output.table(
          ['month', 'action', 'as of', numeric('amount then')],
          row.closes.map(({ month, action, instant, amount }) => [month, action, instant, amount]),
        ),
    heading('Exports that contain it'),
    row.exports.length === 0
      ? 'None.'
      : output.table(
          ['file', 'basis', 'as of', numeric('amount'), 'SHA-256'],
          row.exports.map(({ file, basis, asOf, amount, sha256 }) => [
            file,
            basis,
            asOf,
            amount ?? 'gone',
            sha256.slice(0, 16),
          ]),
        ),
  ].join('\n');
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
