import { InvalidArgumentError, type Command } from 'commander';
import { findId } from '../../domain/ids';
import { moveSubAccount, readAccountOverviews, type AccountOverview } from '../../report/accounts';
import type { CliContext, ConfigureCommand } from '../context';
import { workOnDatabase } from '../database-work';
import { withExamples } from '../example';

function parsePuid(text: string): bigint {
  const puid = findId(text);
  if (puid === null)
    throw new InvalidArgumentError('A sub-account is named by its puid in `kpool accounts list`.');
  return puid;
}

function jsonOf({ subAccounts, leftOut, ...account }: AccountOverview) {
  return {
    ...account,
    subAccounts: subAccounts.map((own) => ({ ...own })),
    leftOut: leftOut.map((other) => ({ ...other })),
  };
}

function linesOf({ account, status, subAccounts, leftOut }: AccountOverview): (string | null)[][] {
  const own = subAccounts.map(({ puid, name, isListed }) => [
    account,
    status,
    puid,
    name,
    isListed ? 'its own' : 'its own, no longer listed',
  ]);
  const others = leftOut.map(({ puid, name, owner }) => [
    account,
    status,
    puid,
    name,
    `left out: it belongs to ${owner}`,
  ]);
  const lines = [...own, ...others];
  return lines.length === 0 ? [[account, status, null, null, null]] : lines;
}

function tableOf({ output }: CliContext, accounts: readonly AccountOverview[]): string {
  if (accounts.length === 0) return 'No account has been read yet.';
  const headings = ['account', 'status', 'puid', 'sub-account', 'whose it is'];
  return output.table(
    headings.map((heading) => ({ heading })),
    accounts.flatMap(linesOf),
  );
}

function registerList(accounts: Command, context: CliContext): void {
  const command = accounts
    .command('list')
    .description('List accounts, their sub-accounts, and what is left out since another account has it')
    .action(async () => {
      const found = await workOnDatabase(context, 'accounts', readAccountOverviews);
      context.output.result(found.map(jsonOf), () => tableOf(context, found));
    });
  withExamples(command, 'kpool accounts list', 'kpool accounts list --json');
}

function registerMove(accounts: Command, context: CliContext): void {
  const command = accounts
    .command('move')
    .description('Give a sub-account, with all its history, to another account')
    .argument('<puid>', 'the sub-account', parsePuid)
    .argument('<account>', 'the account, as named in the configuration')
    .action(async (puid: bigint, account: string) => {
      const move = await workOnDatabase(context, 'accounts', (sql) => moveSubAccount(sql, puid, account));
      context.output.result({ ...move }, () =>
        move.from === move.to
          ? `${move.subAccount} belongs to ${move.to} already.`
          : `${move.subAccount} belongs to ${move.to} now; it was ${move.from}'s.`,
      );
    });
  withExamples(command, 'kpool accounts move 10423 farm');
}

/** `kpool accounts`: which account has which sub-account, and giving one to another. */
export const configureAccounts: ConfigureCommand = (accounts, context) => {
  registerList(accounts, context);
  registerMove(accounts, context);
  withExamples(accounts, 'kpool accounts list', 'kpool accounts move 10423 farm');
};
