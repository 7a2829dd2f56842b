import { addMilliseconds } from 'date-fns/addMilliseconds';
import { subHours } from 'date-fns/subHours';
import { subMilliseconds } from 'date-fns/subMilliseconds';
import { guarded } from '../core/postgres/errors';
import type { AccountStatus } from '../domain/account';
import type { AccountId } from '../domain/ids';
import { inTransaction } from './client';
import type { Account, PrismaClient } from './generated/client';
import { readInstant } from './instants';
import { lockAccount } from './transaction-locks';

export interface AccountRecord {
  readonly accountId: AccountId;
  readonly status: AccountStatus;
  readonly statusReason: string | null;
}

/** No run takes longer, so older runs need not be searched for a failure. */
const LONGEST_RUN_HOURS = 24;
/** Statuses that any successful run ends; the others end only when the sub-accounts are listed. */
const ENDED_BY_ANY_SUCCESS: readonly string[] = ['ok', 'auth_failed', 'forbidden'];

/** The owners of the API keys (`pool.accounts`). */
export class PrismaAccountStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Finds or creates the account of a name. A stopped account whose credentials changed is `ok` again.
   */
  async register(accountName: string, keyFingerprint: string): Promise<AccountRecord> {
    return guarded(async () => {
      const known =
        (await this.client.account.findUnique({ where: { accountName } })) ??
        (await this.create(accountName, keyFingerprint));
      const account =
        known.keyFingerprint === keyFingerprint
          ? known
          : await this.client.account.update({
              where: { accountName },
              data: {
                status: 'ok',
                statusReason: null,
                keyFingerprint,
                keySince: await readInstant(this.client),
              },
            });
      return {
        accountId: account.accountId as AccountId,
        status: account.status as AccountStatus,
        statusReason: account.statusReason,
      };
    });
  }

  /** Processes of one service start at the same time: another one may have created the account by now. */
  private async create(accountName: string, keyFingerprint: string): Promise<Account> {
    await this.client.account.createMany({ data: { accountName, keyFingerprint }, skipDuplicates: true });
    return this.client.account.findUniqueOrThrow({ where: { accountName } });
  }

  /** The recorded status, and the credentials to which it applies. */
  async statusOf(accountId: AccountId): Promise<{ status: AccountStatus; keyFingerprint: string }> {
    const { status, keyFingerprint } = await guarded(() =>
      this.client.account.findUniqueOrThrow({
        where: { accountId },
        select: { status: true, keyFingerprint: true },
      }),
    );
    return { status: status as AccountStatus, keyFingerprint };
  }

  /**
   * Stops an account, unless other credentials were registered since. Returns whether it is stopped now, and whether
   * this call stopped it, so that it is logged once.
   */
  async stop(
    accountId: AccountId,
    keyFingerprint: string,
    status: AccountStatus,
    reason: string,
  ): Promise<{ readonly isStopped: boolean; readonly isNews: boolean }> {
    return guarded(async () => {
      const { count } = await this.client.account.updateMany({
        where: { accountId, keyFingerprint, status: { not: status } },
        data: { status, statusReason: reason },
      });
      const { keyFingerprint: recorded } = await this.statusOf(accountId);
      return { isStopped: recorded === keyFingerprint, isNews: count > 0 };
    });
  }

  /**
   * Resumes a stopped account after `runId` succeeded with these credentials, unless another run failed with one of
   * `stoppingCodes` after this one began. Only a listing of the sub-accounts proves that an account is not `duplicate`
   * or `changed`. Returns whether it was stopped.
   */
  async resume(
    accountId: AccountId,
    keyFingerprint: string,
    runId: bigint,
    stoppingCodes: readonly string[],
  ): Promise<boolean> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockAccount(tx, accountId);
        const before = await tx.account.findUniqueOrThrow({ where: { accountId } });
        const run = await tx.run.findUniqueOrThrow({ where: { runId } });
        const isSame = before.keyFingerprint === keyFingerprint;
        const isProof = ENDED_BY_ANY_SUCCESS.includes(before.status) || run.stream === 'sub-accounts';
        if ((before.status === 'ok' && isSame) || !isProof) return false;
        const laterFailure = await tx.run.findFirst({
          where: {
            accountId,
            errorCode: { in: [...stoppingCodes] },
            finishedAt: { gte: run.startedAt },
            startedAt: { gt: subHours(run.startedAt, LONGEST_RUN_HOURS) },
          },
        });
        if (laterFailure !== null) return false;
        await tx.account.update({
          where: { accountId },
          data: {
            status: 'ok',
            statusReason: null,
            keyFingerprint,
            ...(isSame ? {} : { keySince: await readInstant(tx) }),
          },
        });
        return before.status !== 'ok';
      }),
    );
  }

  /** Whether any process began a run of the account in the last `ms`. */
  async hadRunWithin(accountId: AccountId, ms: number): Promise<boolean> {
    return guarded(async () => {
      const now = await readInstant(this.client);
      const run = await this.client.run.findFirst({
        // A start in the future was recorded by a clock that has been corrected since.
        where: { accountId, startedAt: { gt: subMilliseconds(now, ms), lte: addMilliseconds(now, 1) } },
        select: { runId: true },
      });
      return run !== null;
    });
  }

  /** Whether the sub-accounts were listed with the present credentials, and belong to no other account. */
  async isIdentityKnown(accountId: AccountId): Promise<boolean> {
    return guarded(async () => {
      const now = await readInstant(this.client);
      // Recorded by a clock that has been corrected since: the credentials have to be proven again.
      await this.client.account.updateMany({
        where: { accountId, keySince: { gt: addMilliseconds(now, 1) } },
        data: { keySince: now },
      });
      const { status, keySince } = await this.client.account.findUniqueOrThrow({ where: { accountId } });
      if (status === 'duplicate' || status === 'changed') return false;
      const listing = await this.client.cursor.findFirst({
        where: { stream: 'sub-accounts', accountId, lastCycleAt: { gte: keySince } },
        select: { cursorId: true },
      });
      return listing !== null;
    });
  }
}
