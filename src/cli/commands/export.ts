import { Argument, Option } from 'commander';
import path from 'node:path';
import { KpoolError } from '../../core/errors';
import { writeExport, type ExportRequest, type ExportResult } from '../../report/export/export';
import { FORMATS, getFileForm } from '../../report/export/formats';
import { EXPORT_FORMATS, type ExportFormat } from '../../report/export/manifest';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { warnOfOtherZone } from '../report-zone';
import { parseInstant, parseMonth, parseYear } from '../time-arguments';
import { numeric } from '../output/table';

const FILE_TYPES = [...new Set(Object.values(FORMATS).flatMap(({ files }) => Object.keys(files)))];

interface Flags {
  readonly month?: string;
  readonly year?: string;
  readonly asOf?: string;
  readonly basis?: 'accrual' | 'cash';
  readonly format: string;
  readonly out: string;
  readonly account?: string;
  readonly accounts?: string;
  readonly sinceLast?: boolean;
  readonly force?: boolean;
}

function readRequest(format: ExportFormat, flags: Flags, signal: AbortSignal): ExportRequest {
  getFileForm(format, flags.format);
  if (flags.sinceLast === true && flags.asOf !== undefined && flags.asOf !== 'now') {
    throw new KpoolError('usage.invalid', '--since-last always exports up to now.', {
      hint: 'Omit --as-of.',
    });
  }
  return {
    format,
    fileType: flags.format,
    accountsFile: flags.accounts === undefined ? null : path.resolve(flags.accounts),
    period: flags.month ?? flags.year ?? null,
    basis: flags.basis ?? null,
    accountName: flags.account ?? null,
    asOf: flags.asOf ?? null,
    sinceLast: flags.sinceLast === true,
    folder: path.resolve(flags.out),
    mayReplace: flags.force === true,
    signal,
  };
}

function formatExport({ output }: CliContext, { manifest, files }: ExportResult): string {
  const leftOut = Object.entries(manifest.leftOut).map(
    ([why, count]) => `${formatCount(count, 'row')}: ${why}`,
  );
  return [
    `${formatCount(manifest.rows, 'row')} as of ${manifest.asOf} (${manifest.asOfReason}), by ${manifest.basis}` +
      (manifest.changesSince === null ? '' : `, changed since ${manifest.changesSince}`),
    ...(manifest.rows === 0
      ? manifest.changesSince === null
        ? []
        : ['Nothing changed.']
      : [
          output.table(
            ['currency', ...['rows', 'settled', 'pending', 'other', 'adjustments', 'total'].map(numeric)],
            Object.entries(manifest.totals).map(([currency, sums]) => [
              currency,
              String(sums.rows),
              sums.settled,
              sums.pending,
              sums.other,
              sums.adjustments,
              sums.total,
            ]),
          ),
        ]),
    ...(leftOut.length === 0 ? [] : [`Left out: ${leftOut.join('; ')}.`]),
    ...files,
  ].join('\n');
}

/** `kpool export`: income as a file for the books, with a manifest. */
export const configureExport: ConfigureCommand = (command, context) => {
  command
    .addArgument(new Argument('<format>', 'what the file is for').choices(EXPORT_FORMATS))
    .addOption(new Option('--month <month>', 'only this month').argParser(parseMonth).conflicts('year'))
    .addOption(new Option('--year <year>', 'only this year').argParser(parseYear))
    .addOption(
      new Option(
        '--as-of <instant>',
        'as known at that instant; default: the close of a closed month, otherwise now',
      ).argParser(parseInstant),
    )
    .addOption(
      new Option(
        '--basis <basis>',
        'count income when mined (accrual; default for statement and journal) or when paid (cash)',
      ).choices(['accrual', 'cash']),
    )
    .addOption(new Option('--format <type>', 'file type').choices(FILE_TYPES).default('csv'))
    .option('--out <folder>', 'the folder to write to', '.')
    .option('--account <name>', 'only this account')
    .option('--accounts <file>', 'a JSON file with the account names for a journal')
    .option('--since-last', 'only what changed since the last export of the same kind in that folder')
    .option('--force', 'overwrite existing files')
    .action(async (format: ExportFormat, flags: Flags) => {
      const request = readRequest(format, flags, context.signal);
      const result = await workOnDatabase(context, 'export', async (sql) => {
        await warnOfOtherZone(context, sql);
        return writeExport(sql, request);
      });
      if (request.sinceLast && result.manifest.changesSince === null) {
        context.output.note(`No earlier export of this kind in ${request.folder}: exported everything.`);
      }
      for (const note of result.notes) context.output.warn(`kpool: ${note}`);
      context.output.result({ ...result.manifest, paths: [...result.files] }, () =>
        formatExport(context, result),
      );
      if (result.isUnread) context.exitWith(1);
    });
  withExamples(
    command,
    'kpool export statement --month 2026-10 --format xlsx --out books',
    'kpool export koinly --since-last --out koinly',
    'kpool export journal --month 2026-10 --format beancount --accounts accounts.json',
  );
};
