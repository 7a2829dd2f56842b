import { KpoolError } from '../core/errors';
import type { AccountId } from '../domain/ids';
import { guarded } from '../core/postgres/errors';
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
                   key_since = CASE WHEN a.key_fingerprint = excluded.key_fingerprint THEN a.key_since ELSE sync.now() END,
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

  /** As it is recorded now, and of which credentials this is said. */
  async statusOf(accountId: AccountId): Promise<{ status: AccountStatus; keyFingerprint: string }> {
    const [account] = await guarded(
      () => this.client.$queryRaw<{ status: AccountStatus; keyFingerprint: string }[]>`
        SELECT status, key_fingerprint AS "keyFingerprint"
          FROM pool.accounts WHERE account_id = ${accountId}::smallint`,
    );
    if (account === undefined) throw new KpoolError('broken-promise', 'An account is not recorded any more.');
    return account;
  }

  /**
   * Stops an account, unless other credentials than these were registered since. Returns whether it is stopped by now
   * and whether this is news, so that it is said once.
   */
  async stop(
    accountId: AccountId,
    keyFingerprint: string,
    status: AccountStatus,
    reason: string,
  ): Promise<{ readonly isStopped: boolean; readonly isNews: boolean }> {
    const [outcome] = await guarded(
      () => this.client.$queryRaw<{ isStopped: boolean; isNews: boolean }[]>`
        WITH stopped AS (
          UPDATE pool.accounts SET status = ${status}, status_reason = ${reason}
           WHERE account_id = ${accountId}::smallint AND key_fingerprint = ${keyFingerprint} AND status <> ${status}
          RETURNING account_id
        )
        SELECT key_fingerprint = ${keyFingerprint} AS "isStopped", EXISTS (SELECT FROM stopped) AS "isNews"
          FROM pool.accounts WHERE account_id = ${accountId}::smallint`,
    );
    return outcome ?? { isStopped: false, isNews: false };
  }

  /**
   * Lets a stopped account go on after `runId` succeeded with these credentials, unless a run failed for a reason that
   * stops accounts after this one had begun: then it says nothing new. Only a listing of the sub-accounts proves that an
   * account is not `duplicate` or `changed`. Returns whether it was stopped.
   */
  async goOn(
    accountId: AccountId,
    keyFingerprint: string,
    runId: bigint,
    stoppingCodes: readonly string[],
  ): Promise<boolean> {
    const [account] = await guarded(
      () => this.client.$queryRaw<{ wasStopped: boolean }[]>`
        UPDATE pool.accounts AS a
           SET status = 'ok', status_reason = NULL, key_fingerprint = ${keyFingerprint},
               key_since = CASE WHEN b.key_fingerprint = ${keyFingerprint} THEN a.key_since ELSE sync.now() END
          FROM (SELECT account_id, status, key_fingerprint FROM pool.accounts
                 WHERE account_id = ${accountId}::smallint FOR NO KEY UPDATE) AS b,
               sync.runs r
         WHERE a.account_id = b.account_id AND r.run_id = ${runId}::bigint
           AND (b.status <> 'ok' OR b.key_fingerprint <> ${keyFingerprint})
           AND (b.status IN ('ok', 'auth_failed', 'forbidden') OR r.stream = 'sub-accounts')
           AND NOT EXISTS (
             SELECT FROM sync.runs f
              WHERE f.account_id = a.account_id AND f.error_code = ANY (${[...stoppingCodes]}::text[])
                AND f.finished_at >= r.started_at AND f.started_at > r.started_at - interval '1 day')
        RETURNING b.status <> 'ok' AS "wasStopped"`,
    );
    return account?.wasStopped ?? false;
  }

  /** Whether anything of the account was begun to be synced in the last `ms`, by any process. */
  async wasAskedWithin(accountId: AccountId, ms: number): Promise<boolean> {
    const [row] = await guarded(
      () => this.client.$queryRaw<{ asked: boolean }[]>`
        SELECT EXISTS (SELECT FROM sync.runs
                        WHERE account_id = ${accountId}::smallint
                          AND started_at > sync.now() - ${ms}::float8 * interval '1 millisecond'
                          -- One in the future was begun by a clock that has been put right since.
                          AND started_at <= sync.now()) AS asked`,
    );
    return row?.asked ?? false;
  }

  /** Whether the sub-accounts were listed, and found to be the account's own alone, since it has its present credentials. */
  async isIdentityKnown(accountId: AccountId): Promise<boolean> {
    // Noted by a clock that has been put right since: the credentials are to be proven once more.
    await guarded(
      () => this.client.$executeRaw`
        UPDATE pool.accounts SET key_since = sync.now()
         WHERE account_id = ${accountId}::smallint AND key_since > sync.now()`,
    );
    const [row] = await guarded(
      () => this.client.$queryRaw<{ known: boolean }[]>`
        SELECT a.status NOT IN ('duplicate', 'changed') AND
               EXISTS (SELECT FROM sync.cursors c
                        WHERE c.account_id = a.account_id AND c.stream = 'sub-accounts'
                          AND c.last_cycle_at >= a.key_since) AS known
          FROM pool.accounts a WHERE a.account_id = ${accountId}::smallint`,
    );
    return row?.known ?? false;
  }
}
