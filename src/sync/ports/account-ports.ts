/** What is kept of an account and its scopes; `src/store/accounts.ts` and `src/store/scopes.ts` do it. */
import type { AccountStatus } from '../../domain/account';
import type { AccountId } from '../../domain/ids';
import type { ScopeCandidates } from '../../domain/planning/scope-schedule';
import type { Scope } from '../../domain/scope';
import type { Stream } from '../../domain/streams';

export interface AccountStatusStore {
  /** The recorded status, and the credentials to which it applies. */
  statusOf(
    accountId: AccountId,
  ): Promise<{ readonly status: AccountStatus; readonly keyFingerprint: string }>;
  /**
   * Stops an account, unless other credentials were registered since. Returns whether it is stopped now, and whether
   * this call stopped it.
   */
  stop(
    accountId: AccountId,
    keyFingerprint: string,
    status: AccountStatus,
    reason: string,
  ): Promise<{ readonly isStopped: boolean; readonly isNews: boolean }>;
  /**
   * Resumes a stopped account after `runId` succeeded with these credentials, unless another run failed with one of
   * `stoppingCodes` after this one began. Returns whether it was stopped.
   */
  resume(
    accountId: AccountId,
    keyFingerprint: string,
    runId: bigint,
    stoppingCodes: readonly string[],
  ): Promise<boolean>;
  /** Whether any process began a run of the account in the last `ms`. */
  hadRunWithin(accountId: AccountId, ms: number): Promise<boolean>;
  /** Whether the sub-accounts were listed with the present credentials, and belong to no other account. */
  isIdentityKnown(accountId: AccountId): Promise<boolean>;
}

export interface ScopeStore {
  /** Scopes of a stream that has one per sub-account and algorithm. */
  findMiningScopes(accountId: AccountId, stream: Stream): Promise<ScopeCandidates>;
  /** The scope of a stream that has one per account. */
  findAccountScope(accountId: AccountId, stream: Stream): Promise<ScopeCandidates>;
  /** Whether the scope's sub-account or algorithm is missing from the account's lists. */
  isGone(scope: Scope): Promise<boolean>;
}
