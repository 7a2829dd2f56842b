import { InvalidArgumentError, type Command } from 'commander';
import type postgres from 'postgres';
import { KpoolError } from '../../core/errors';
import { findId } from '../../domain/ids';
import { toPrintable } from '../../observability/printable';
import {
  acceptQuarantined,
  findQuarantined,
  listQuarantine,
  type QuarantinedRow,
} from '../../report/quarantine';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';
import { formatCount } from '../output/numbers';
import { numeric } from '../output/table';

const MAX_LISTED = 1_000;

function parseNumber(text: string, previous: readonly bigint[] = []): readonly bigint[] {
  const id = findId(text);
  if (id === null) throw new InvalidArgumentError('Give the number of a row: kpool quarantine list.');
  return [...previous, id];
}

/** The rows with these numbers. Throws `usage.invalid` if one does not exist. */
async function getAll(sql: postgres.Sql, numbers: readonly bigint[]): Promise<QuarantinedRow[]> {
  const rows = await findQuarantined(sql, numbers);
  const unknown = numbers.filter((number) => !rows.some((row) => row.number === number));
  if (unknown.length > 0) {
    throw new KpoolError('usage.invalid', `Quarantine has no row ${unknown.join(', ')}.`, {
      hint: 'To see all rows: kpool quarantine list --all.',
    });
  }
  return rows;
}

function describeState({ acceptedAt, resolvedAt }: QuarantinedRow): string {
  if (resolvedAt !== null) return 'resolved';
  return acceptedAt === null ? 'open' : 'accepted';
}

function toQuarantineJson(row: QuarantinedRow) {
  return {
    number: String(row.number),
    state: describeState(row),
    account: row.account,
    stream: row.stream,
    puid: row.puid === null ? null : String(row.puid),
    algo: row.algo,
    reason: row.reason,
    raw: row.raw,
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    acceptedAt: row.acceptedAt?.toISOString() ?? null,
    acceptedNote: row.acceptedNote,
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
  };
}

function formatQuarantine({ output }: CliContext, rows: readonly QuarantinedRow[]): string {
  if (rows.length === 0) return 'No row is waiting in quarantine.';
  const headings = ['account', 'stream', 'puid', 'algo', 'state', 'last seen', 'reason'];
  return output.table(
    [numeric('number'), ...headings],
    rows.map((row) => {
      const { number, account, stream, puid, algo, state, lastSeenAt, reason } = toQuarantineJson(row);
      return [number, account, stream, puid, algo, state, lastSeenAt, reason];
    }),
  );
}

function formatRow(row: QuarantinedRow): string {
  return Object.entries(toQuarantineJson(row))
    .map(([name, value]) => `${name.padEnd(14)}${value === null ? '-' : toPrintable(value)}`)
    .join('\n');
}

function registerQuarantineList(quarantine: Command, context: CliContext): void {
  const command = quarantine
    .command('list')
    .description('List rows that nobody has accepted')
    .option('--all', 'also list accepted and resolved rows')
    .action(async (flags: { all?: boolean }) => {
      const options = { isWhole: flags.all === true, limit: MAX_LISTED };
      const rows = await workOnDatabase(context, 'quarantine', (sql) => listQuarantine(sql, options));
      context.output.result(rows.map(toQuarantineJson), () => formatQuarantine(context, rows));
      if (rows.length === MAX_LISTED) context.output.note(`Only the newest ${MAX_LISTED} are shown.`);
    });
  withExamples(command, 'kpool quarantine list', 'kpool quarantine list --all --json');
}

function registerShow(quarantine: Command, context: CliContext): void {
  const command = quarantine
    .command('show')
    .description('Show rows as the pool served them')
    .argument('<number...>', 'the numbers in the list', parseNumber)
    .action(async (numbers: readonly bigint[]) => {
      const rows = await workOnDatabase(context, 'quarantine', (sql) => getAll(sql, numbers));
      context.output.result(rows.map(toQuarantineJson), () => rows.map(formatRow).join('\n\n'));
    });
  withExamples(command, 'kpool quarantine show 17');
}

function registerAccept(quarantine: Command, context: CliContext): void {
  const command = quarantine
    .command('accept')
    .description('Accept rows, so that they no longer make a sync partial')
    .argument('<number...>', 'the numbers in the list', parseNumber)
    .option('--note <text>', 'a reason, stored with the row')
    .action(async (numbers: readonly bigint[], flags: { note?: string }) => {
      const accepted = await workOnDatabase(context, 'quarantine', async (sql) => {
        await getAll(sql, numbers);
        return acceptQuarantined(sql, numbers, flags.note ?? null);
      });
      const earlier = new Set(numbers).size - accepted;
      context.output.result({ accepted, acceptedEarlier: earlier }, () =>
        earlier === 0
          ? `Accepted ${formatCount(accepted, 'row')}.`
          : `Accepted ${formatCount(accepted, 'row')}; ${earlier} already accepted.`,
      );
    });
  withExamples(command, 'kpool quarantine accept 17 --note "asked the pool, ticket 4711"');
}

/** `kpool quarantine`: rows that could not be parsed. */
export const configureQuarantine: ConfigureCommand = (command, context) => {
  registerQuarantineList(command, context);
  registerShow(command, context);
  registerAccept(command, context);
  withExamples(command, 'kpool quarantine list', 'kpool quarantine show 17', 'kpool quarantine accept 17');
};
