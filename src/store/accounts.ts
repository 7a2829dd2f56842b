import { addMilliseconds } from 'date-fns/addMilliseconds';
import { subHours } from 'date-fns/subHours';
import { subMilliseconds } from 'date-fns/subMilliseconds';
import { guarded } from '../core/postgres/errors';
import type { AccountId } from '../domain/ids';
import { inTransaction } from './client';
import type { Account, PrismaClient } from './generated/client';
import { readInstant } from './instants';
import { lockAccount } from './row-locks';

export type AccountStatus = 'ok' | 'auth_failed' | 'forbidden' | 'duplicate' | 'changed';

export interface AccountRecord {
  readonly accountId: AccountId;
  readonly status: AccountStatus;
  readonly statusReason: string | null;
}

/** No run takes longer: a failure of one that began before says nothing about a run that succeeded. */
const LONGEST_RUN_HOURS = 24;
/** Statuses that any success ends; the others are ended by a listing of the sub-accounts. */
const ENDED_BY_ANY_SUCCESS: readonly string[] = ['ok', 'auth_failed', 'forbidden'];

/** The owners of the API keys (`pool.accounts`). */
export class PrismaAccountStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Finds or makes the account of a name. A stopped account whose credentials changed is tried again: it comes
   * back as `ok`.
   */
  async register(accountName: string, keyFingerprint: string): Promise<AccountRecord> {
    return guarded(async () => {
      const known =
        (await this.client.account.findUnique({ where: { accountName } })) ??
        (await this.#create(accountName, keyFingerprint));
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

  /** Whoever comes second finds what the first has made: processes of one service start together. */
  async #create(accountName: string, keyFingerprint: string): Promise<Account> {
    await this.client.account.createMany({ data: { accountName, keyFingerprint }, skipDuplicates: true });
    return this.client.account.findUniqueOrThrow({ where: { accountName } });
  }

  /** As it is recorded now, and of which credentials this is said. */
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
   * Stops an account, unless other credentials than these were registered since. Returns whether it is stopped by now
   * and whether this is news, so that it is said once.
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
   * Lets a stopped account go on after `runId` succeeded with these credentials, unless a run failed for a reason that
   * stops accounts after this one had begun: then it says nothing new. Only a listing of the sub-accounts proves that an
   * account is not `duplicate` or `changed`. Returns whether it was stopped.
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

  /** Whether anything of the account was begun to be synced in the last `ms`, by any process. */
  async wasAskedWithin(accountId: AccountId, ms: number): Promise<boolean> {
    return guarded(async () => {
      const now = await readInstant(this.client);
      const run = await this.client.run.findFirst({
        // One in the future was begun by a clock that has been put right since.
        where: { accountId, startedAt: { gt: subMilliseconds(now, ms), lte: addMilliseconds(now, 1) } },
        select: { runId: true },
      });
      return run !== null;
    });
  }

  /** Whether the sub-accounts were listed, and found to be the account's own alone, since it has its present credentials. */
  async isIdentityKnown(accountId: AccountId): Promise<boolean> {
    return guarded(async () => {
      const now = await readInstant(this.client);
      // Noted by a clock that has been put right since: the credentials are to be proven once more.
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
