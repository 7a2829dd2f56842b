import { InvalidArgumentError, type Command } from 'commander';
import { findId } from '../../domain/ids';
import { moveSubAccount, readAccountOverviews, type AccountOverview } from '../../report/accounts';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';

function parsePuidArgument(text: string): bigint {
  const puid = findId(text);
  if (puid === null) throw new InvalidArgumentError('Give the puid of a sub-account: kpool accounts list.');
  return puid;
}

function toAccountJson({ subAccounts, leftOut, ...account }: AccountOverview) {
  return {
    ...account,
    subAccounts: subAccounts.map((own) => ({ ...own })),
    leftOut: leftOut.map((other) => ({ ...other })),
  };
}

function formatLines({ account, status, subAccounts, leftOut }: AccountOverview): (string | null)[][] {
  const own = subAccounts.map(({ puid, name, isListed }) => [
    account,
    status,
    puid,
    name,
    isListed ? 'owned' : 'owned, no longer listed',
  ]);
  const others = leftOut.map(({ puid, name, owner }) => [
    account,
    status,
    puid,
    name,
    `skipped: belongs to ${owner}`,
  ]);
  const lines = [...own, ...others];
  return lines.length === 0 ? [[account, status, null, null, null]] : lines;
}

function formatAccounts({ output }: CliContext, accounts: readonly AccountOverview[]): string {
  if (accounts.length === 0) return 'Nothing has been synced yet.';
  const headings = ['account', 'status', 'puid', 'sub-account', 'ownership'];
  return output.table(headings, accounts.flatMap(formatLines));
}

function registerAccountList(accounts: Command, context: CliContext): void {
  const command = accounts
    .command('list')
    .description('List accounts and their sub-accounts, and those skipped because another account owns them')
    .action(async () => {
      const found = await workOnDatabase(context, 'accounts', readAccountOverviews);
      context.output.result(found.map(toAccountJson), () => formatAccounts(context, found));
    });
  withExamples(command, 'kpool accounts list', 'kpool accounts list --json');
}

function registerMove(accounts: Command, context: CliContext): void {
  const command = accounts
    .command('move')
    .description('Move a sub-account and all its history to another account')
    .argument('<puid>', 'the sub-account to move', parsePuidArgument)
    .argument('<account>', 'the account to move it to, as named in the configuration')
    .action(async (puid: bigint, account: string) => {
      const move = await workOnDatabase(context, 'accounts', (sql) => moveSubAccount(sql, puid, account));
      context.output.result({ ...move }, () =>
        move.from === move.to
          ? `${move.subAccount} already belongs to ${move.to}.`
          : `Moved ${move.subAccount} from ${move.from} to ${move.to}.`,
      );
    });
  withExamples(command, 'kpool accounts move 10423 farm');
}

/** `kpool accounts`: lists sub-accounts by account, and moves one to another account. */
export const configureAccounts: ConfigureCommand = (accounts, context) => {
  registerAccountList(accounts, context);
  registerMove(accounts, context);
  withExamples(accounts, 'kpool accounts list', 'kpool accounts move 10423 farm');
};
