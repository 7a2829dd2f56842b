import type { Sql } from 'postgres';
import { KpoolError } from '../core/errors';

/** An account and the sub-accounts that its API key shows. */
export interface AccountOverview {
  readonly account: string;
  readonly status: string;
  readonly reason: string | null;
  /** Its sub-accounts, including those no longer listed. */
  readonly subAccounts: readonly OwnedSubAccount[];
  /** Sub-accounts that its key lists but other accounts own. */
  readonly leftOut: readonly LeftOutSubAccount[];
}

export interface OwnedSubAccount {
  readonly puid: string;
  readonly name: string;
  readonly isListed: boolean;
}

export interface LeftOutSubAccount {
  readonly puid: string;
  readonly name: string;
  readonly owner: string;
}

/** A sub-account that was moved, with the names of the accounts. */
export interface Move {
  readonly puid: string;
  readonly subAccount: string;
  readonly from: string;
  readonly to: string;
}

/** All accounts, by name. */
export async function readAccountOverviews(sql: Sql): Promise<readonly AccountOverview[]> {
  return sql<AccountOverview[]>`
    SELECT a.account_name AS account, a.status, a.status_reason AS reason,
           coalesce((SELECT jsonb_agg(jsonb_build_object('puid', s.puid::text, 'name', n.sub_account,
                                                         'isListed', s.removed_at IS NULL) ORDER BY s.puid)
                       FROM pool.sub_accounts s JOIN report.sub_accounts n USING (puid)
                      WHERE s.account_id = a.account_id), '[]') AS "subAccounts",
           coalesce((SELECT jsonb_agg(jsonb_build_object('puid', l.puid::text, 'name', n.sub_account,
                                                         'owner', n.account_name) ORDER BY l.puid)
                       FROM sync.left_out_sub_accounts l JOIN report.sub_accounts n USING (puid)
                      WHERE l.account_id = a.account_id), '[]') AS "leftOut"
      FROM pool.accounts a ORDER BY a.account_name`;
}

/**
 * Moves a sub-account and all its history to another account. Other keys that list it skip it from then on; an account
 * that was stopped because it owned none resumes. Throws `usage.invalid` if the sub-account or the account does not exist.
 */
export async function moveSubAccount(sql: Sql, puid: bigint, accountName: string): Promise<Move> {
  return sql.begin(async (tx) => {
    // The lock that is also held while a list of sub-accounts is stored.
    await tx`SELECT sync.lock('sub_accounts')`;
    const [account] = await tx<{ id: number }[]>`
      SELECT account_id AS id FROM pool.accounts WHERE account_name = ${accountName}`;
    if (account === undefined) throw unknown(`There is no account ${accountName}.`);
    const [owned] = await tx<{ subAccount: string; from: string }[]>`
      SELECT sub_account AS "subAccount", account_name AS from
        FROM report.sub_accounts WHERE puid = ${String(puid)}`;
    if (owned === undefined) throw unknown(`There is no sub-account ${puid}.`);
    await tx`UPDATE pool.sub_accounts SET account_id = ${account.id} WHERE puid = ${String(puid)}`;
    await tx`DELETE FROM sync.left_out_sub_accounts WHERE account_id = ${account.id} AND puid = ${String(puid)}`;
    await tx`
      UPDATE pool.accounts SET status = 'ok', status_reason = NULL
       WHERE account_id = ${account.id} AND status = 'duplicate'`;
    return { puid: String(puid), subAccount: owned.subAccount, from: owned.from, to: accountName };
  });
}

function unknown(message: string): KpoolError {
  return new KpoolError('usage.invalid', message, {
    hint: 'To see accounts, sub-accounts and their ids: kpool accounts list.',
  });
}
