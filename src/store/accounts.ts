import { KpoolError } from '../core/errors';
import type { AccountId } from '../domain/ids';
import { guarded } from './database-errors';
import type { PrismaClient } from './generated/client';

export type AccountStatus = 'ok' | 'auth_failed' | 'forbidden' | 'duplicate' | 'changed';

export interface AccountRecord {
  readonly accountId: AccountId;
  readonly status: AccountStatus;
  readonly statusReason: string | null;
}

/** The owners of the API keys (`pool.accounts`). */
export class PrismaAccountStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Finds or makes the account of a name. A stopped account whose credentials changed is tried again: it comes
   * back as `ok`.
   */
  async register(accountName: string, keyFingerprint: string): Promise<AccountRecord> {
    return guarded(async () => {
      const [account] = await this.client.$queryRaw<
        { account_id: number; status: AccountStatus; status_reason: string | null }[]
      >`
        INSERT INTO pool.accounts AS a (account_name, key_fingerprint) VALUES (${accountName}, ${keyFingerprint})
            ON CONFLICT (account_name) DO UPDATE
               SET status = CASE WHEN a.key_fingerprint = excluded.key_fingerprint THEN a.status ELSE 'ok' END,
                   status_reason = CASE WHEN a.key_fingerprint = excluded.key_fingerprint THEN a.status_reason END,
                   key_fingerprint = excluded.key_fingerprint
        RETURNING account_id, status, status_reason`;
      if (account === undefined) throw new KpoolError('broken-promise', 'An account was not recorded.');
      return {
        accountId: account.account_id as AccountId,
        status: account.status,
        statusReason: account.status_reason,
      };
    });
  }

  /** As it is recorded now. */
  async statusOf(accountId: AccountId): Promise<AccountStatus> {
    const [account] = await guarded(
      () => this.client.$queryRaw<{ status: AccountStatus }[]>`
        SELECT status FROM pool.accounts WHERE account_id = ${accountId}::smallint`,
    );
    if (account === undefined) throw new KpoolError('broken-promise', 'An account is not recorded any more.');
    return account.status;
  }

  /** Stops an account, or lets it go on. Returns whether this changed anything, so that it is said once. */
  async setStatus(accountId: AccountId, status: AccountStatus, reason: string | null): Promise<boolean> {
    const changed = await guarded(
      () => this.client.$executeRaw`
        UPDATE pool.accounts SET status = ${status}, status_reason = ${reason}
         WHERE account_id = ${accountId}::smallint AND status <> ${status}`,
    );
    return changed > 0;
  }
}
