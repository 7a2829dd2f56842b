import type postgres from 'postgres';
import type { Config } from '../../config/config';
import { judgedAccountsOf } from '../../config/require-accounts';
import { isKpoolError, KpoolError } from '../../core/errors';
import { readStatus } from '../../report/status/service-status';
import { migrationState } from '../../store/migrations/migrate';
import { requireMigratable } from '../../store/migrations/migration-state';
import type { CliContext, ConfigureCommand } from '../context';
import { lookAtDatabase } from '../database-work';
import { withExamples } from '../example';
import { toStatusJson, formatStatus, type StatusView } from '../output/status-summary';
import { exitByVerdict } from '../output/verdict';

const WATCH_EVERY_MS = 2_000;
/** Clears the screen and moves the cursor to the top left (ECMA-48). */
const CLEAR = '\u001b[2J\u001b[H';

async function readView(sql: postgres.Sql, config: Config): Promise<StatusView> {
  const { rateScope, requestsPerSecond } = config.pool;
  return { ...(await readStatus(sql, judgedAccountsOf(config))), rateScope, requestsPerSecond };
}

async function requireTables(sql: postgres.Sql): Promise<void> {
  const state = await migrationState(sql);
  if (state.verdict === 'up to date') return;
  requireMigratable(state);
  throw new KpoolError('database.not-migrated', 'The database has not been migrated to this version yet.', {
    hint: 'Run kpool migrate. (kpool start and kpool sync migrate, too.)',
  });
}

function showStatus({ output, clock }: CliContext, status: StatusView): void {
  output.result(toStatusJson(status), () => formatStatus(output, status, clock.now()));
}

/** Replaces what a terminal shows; in a pipe, each status begins with its time. */
function showNextStatus({ output, clock }: CliContext, status: StatusView): void {
  output.result(toStatusJson(status), () => {
    const text = formatStatus(output, status, clock.now());
    return output.isTerminal ? `${CLEAR}${text}` : `${new Date(clock.now()).toISOString()}\n${text}\n`;
  });
}

async function watchStatus(context: CliContext, read: () => Promise<StatusView>): Promise<void> {
  try {
    for (;;) {
      showNextStatus(context, await read());
      await context.clock.sleep(WATCH_EVERY_MS, context.signal);
    }
  } catch (error) {
    if (!isKpoolError(error, 'aborted')) throw error;
  }
}

/** `kpool status`: problems, how fresh and complete the data are, and the latest failures. */
export const configureStatus: ConfigureCommand = (command, context) => {
  command
    .option('--watch', 'repeat every two seconds until Ctrl-C')
    .action(async (flags: { watch?: boolean }) => {
      const config = context.config();
      await lookAtDatabase(context, 'status', async (sql) => {
        await requireTables(sql);
        if (flags.watch === true) {
          await watchStatus(context, () => readView(sql, config));
          return;
        }
        const status = await readView(sql, config);
        showStatus(context, status);
        exitByVerdict(context, status.wellness);
      });
    });
  withExamples(command, 'kpool status', 'kpool status --watch', 'kpool status --json');
};
