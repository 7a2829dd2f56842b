import { Argument, InvalidArgumentError, Option } from 'commander';
import type { Config } from '../../config/config';
import { requireAccounts } from '../../config/require-accounts';
import { DAY_MS } from '../../core/day';
import { KpoolError } from '../../core/errors';
import { findId, type Puid } from '../../domain/ids';
import type { Window } from '../../domain/ledger/windows';
import { LEDGER_STREAMS, type Stream } from '../../domain/streams';
import { openSession } from '../../service/session';
import { STREAMS } from '../../sync/registry';
import { RETRY_BUDGET_MS } from '../../use-cases/manual-sync/retry-budget';
import { syncEverything, type SyncEverythingOptions } from '../../use-cases/manual-sync/sync-everything';
import type { CliContext, ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';
import {
  showProgress,
  toSummaryJson,
  formatSummaries,
  wellnessOf,
  type SyncTasks,
} from '../output/sync-summary';
import { exitByVerdict } from '../output/verdict';
import { parseDay } from '../time-arguments';

interface SyncFlags {
  readonly account?: string;
  readonly puid?: Puid;
  readonly algo?: string;
  readonly from?: number;
  readonly to?: number;
  readonly verify?: boolean;
  readonly acceptEmpty?: boolean;
}

function parsePuid(text: string): Puid {
  const id = findId(text);
  if (id === null) throw new InvalidArgumentError('A puid is an integer, e.g. 12345.');
  return id as Puid;
}

/** Throws `usage.invalid` if a stream has no history, or the days are in the wrong order. */
function parseSpan({ from, to }: SyncFlags, streams: readonly Stream[]): Window | null {
  if (from === undefined && to === undefined) return null;
  const timeless = streams.filter((stream) => !LEDGER_STREAMS.some((ledger) => ledger === stream));
  if (timeless.length > 0) {
    throw new KpoolError('usage.invalid', `--from and --to do not apply to ${timeless.join(', ')}.`, {
      hint: `Only ${LEDGER_STREAMS.join(' and ')} have history; the other streams return current values.`,
    });
  }
  const span = { fromMs: from ?? 0, toMs: to === undefined ? Infinity : to + DAY_MS };
  if (span.fromMs >= span.toMs) {
    throw new KpoolError('usage.invalid', '--from is after --to.', {
      hint: '--from must be the earlier day.',
    });
  }
  return span;
}

/** The selected accounts. Throws `config.invalid` if none is configured, `usage.invalid` if not the named one. */
function chooseAccounts(config: Pick<Config, 'accounts'>, name: string | undefined): readonly string[] {
  const names = requireAccounts(config).map((account) => account.name);
  if (name === undefined) return names;
  if (names.includes(name)) return [name];
  throw new KpoolError('usage.invalid', `There is no account ${name}.`, {
    hint: `Configured: ${names.join(', ')}.`,
  });
}

/** What the command line asks for. Throws `usage.invalid` and `config.invalid`. */
function parseWanted(
  config: Pick<Config, 'accounts'>,
  named: readonly Stream[],
  flags: SyncFlags,
): Pick<SyncEverythingOptions, 'selection' | 'request'> & { readonly tasks: SyncTasks } {
  const accounts = chooseAccounts(config, flags.account);
  const span = parseSpan(flags, named);
  // Only income has a history to re-read.
  const streams = named.length === 0 && span !== null ? LEDGER_STREAMS : named;
  const { account: accountName = null, puid = null, algo = null } = flags;
  return {
    selection: { streams: streams.length === 0 ? null : streams, accountName, puid, algo },
    request: {
      verifyBeforeMs: flags.verify === true || span !== null ? Infinity : null,
      span,
      acceptEmpty: flags.acceptEmpty === true,
    },
    tasks: { accounts: accounts.length, streams: streams.length || STREAMS.all.length },
  };
}

async function sync(context: CliContext, named: readonly Stream[], flags: SyncFlags): Promise<void> {
  const { output, clock, signal } = context;
  const config = context.config();
  const { tasks, ...wanted } = parseWanted(config, named, flags);
  const session = await openSession({
    config,
    accounts: config.accounts,
    clock,
    random: Math.random,
    logger: await context.commandLogger(),
    signal,
    log: (line) => output.note(line),
  });
  try {
    context.hideAddress(session.database.url);
    const summaries = await output.withProgress((progress) =>
      syncEverything(session.service, {
        ...wanted,
        signal,
        retryBudgetMs: RETRY_BUDGET_MS,
        onProgress: showProgress(progress, tasks),
      }),
    );
    output.result(toSummaryJson(summaries), () => formatSummaries(output, summaries));
    exitByVerdict(context, wellnessOf(summaries));
  } finally {
    await session.close();
  }
}

/** `kpool sync`: brings everything, or a selection, up to date once, in this process. */
export const configureSync: ConfigureCommand = (command, context) => {
  command
    .addArgument(new Argument('[stream...]', 'only these streams').choices(STREAMS.names))
    .option('--account <name>', 'only this account')
    .option('--puid <puid>', 'only this sub-account', parsePuid)
    .option('--algo <algo>', 'only this algorithm')
    .option('--verify', 're-read everything, not only what is due')
    .option(
      '--accept-empty',
      'accept that an income list that had rows is now empty (recent rows are withdrawn, older ones kept as unserved)',
    )
    .addOption(
      new Option('--from <day>', 're-read income, and nothing else, from this day on (UTC)').argParser(
        parseDay,
      ),
    )
    .addOption(
      new Option(
        '--to <day>',
        're-read income, and nothing else, up to and including this day (UTC)',
      ).argParser(parseDay),
    )
    .action(async (streams: Stream[], flags: SyncFlags) => {
      limitHeapGrowth();
      await sync(context, streams, flags);
    });
  withExamples(command, 'kpool sync', 'kpool sync earnings --puid 12345 --from 2026-10-01 --to 2026-10-31');
};
