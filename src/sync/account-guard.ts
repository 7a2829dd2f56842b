// Stops an account at the first refusal, and resumes it.
import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../core/clock';
import { isKpoolError, KpoolError, type ErrorCode, type StoppingCode } from '../core/errors';
import type { Logger } from '../core/log';
import type { AccountStatus, NamedAccount } from '../domain/account';
import type { Stream } from '../domain/streams';
import type { AccountStatusStore } from './ports/account-ports';
import type { RunResult } from './runs/run-scope';
import type { StreamDefinition } from './stream';

/** Failures that stop an account, and the status that it gets from each. */
const STATUS_BY_CODE: Partial<Record<ErrorCode, AccountStatus>> = {
  'pool.unauthorized': 'auth_failed',
  'pool.missing-credentials': 'auth_failed',
  'pool.forbidden': 'forbidden',
  'account.duplicate': 'duplicate',
  'account.changed': 'changed',
} satisfies Record<StoppingCode, AccountStatus>;
const STOPPING_CODES = Object.keys(STATUS_BY_CODE);
/** How often a pool that cannot list sub-accounts, but serves the rest, is asked for the list. */
const PROOF_PAUSE_MS = 10 * millisecondsInMinute;
/** A forbidden account lists its sub-accounts after this long without a run: the refusal may have been a long ban. */
const FORBIDDEN_PAUSE_MS = millisecondsInHour;
const FORBIDDEN_PROBE: Stream = 'sub-accounts';

interface AccountWithKey extends NamedAccount {
  /** Distinguishes these credentials from others of the same account. */
  readonly keyFingerprint: string;
}

/** Work in progress for the account. */
export interface AccountWatch {
  /** Fires when the work must end. */
  readonly signal: AbortSignal;
  /** The failure, or a better explanation of it if the account was stopped meanwhile. */
  explain(error: unknown): unknown;
  /** Call once, when the work has ended. */
  end(): void;
}

export interface AccountGuardDeps {
  readonly store: AccountStatusStore;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/**
 * Guards one account in one process: stops it, and all of its work in progress, at the first refusal, and lets nothing
 * be stored before the owner of the key is known (P8). Other processes learn about it from the database.
 */
export class AccountGuard {
  private readonly account: AccountWithKey;
  private readonly deps: AccountGuardDeps;
  private readonly inFlight = new Set<AbortController>();
  /** Set while these credentials were refused in this process and nothing has succeeded with them since. */
  private refused: AccountStatus | null = null;
  /** A stop that may not be in the database yet. */
  private stopping: AccountStatus | null = null;
  private knowsIdentity = false;
  private proof: Promise<RunResult> | null = null;
  private nextProofAtMs = -Infinity;

  constructor(account: AccountWithKey, deps: AccountGuardDeps) {
    this.account = account;
    this.deps = deps;
  }

  /** Anything but `ok` is stopped in this process; a process with other credentials decides for itself. */
  async status(): Promise<AccountStatus> {
    const { accountId, keyFingerprint } = this.account;
    const recorded = await this.deps.store.statusOf(accountId);
    if (recorded.keyFingerprint !== keyFingerprint) return this.refused ?? 'ok';
    return recorded.status === 'ok' ? (this.stopping ?? 'ok') : recorded.status;
  }

  /**
   * Whether a schedule may sync scopes of `stream`. Not while the account is stopped, except for a rare attempt if it
   * is forbidden.
   */
  async mayRun(stream: Stream): Promise<boolean> {
    const status = await this.status();
    if (status !== 'forbidden' || stream !== FORBIDDEN_PROBE) return status === 'ok';
    return !(await this.deps.store.hadRunWithin(this.account.accountId, FORBIDDEN_PAUSE_MS));
  }

  /** Registers work for the account, which must end when `signal` fires or the account is stopped. */
  watch(signal: AbortSignal): AccountWatch {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    this.inFlight.add(controller);
    return {
      signal: controller.signal,
      explain(error) {
        const isOurs = controller.signal.aborted && !signal.aborted && isKpoolError(error, 'aborted');
        return isOurs
          ? new KpoolError('aborted', 'The account was stopped meanwhile.', { cause: error })
          : error;
      },
      end: () => {
        this.inFlight.delete(controller);
        signal.removeEventListener('abort', abort);
      },
    };
  }

  /** Whether the sub-accounts were listed with these credentials and belong to this account. */
  async isIdentityKnown(): Promise<boolean> {
    if (this.knowsIdentity) return true;
    const isKnown = await this.deps.store.isIdentityKnown(this.account.accountId);
    if (isKnown) this.knowsIdentity = true;
    return isKnown;
  }

  /**
   * Makes sure that the key belongs to this account before `stream` is read with it: calls `listSubAccounts` if the
   * sub-accounts have not been listed with these credentials. Throws a failure that stops the account, and ignores any
   * other.
   */
  async requireIdentity(
    stream: Pick<StreamDefinition, 'isCatalog'>,
    listSubAccounts: () => Promise<RunResult>,
  ): Promise<void> {
    const { clock } = this.deps;
    // Catalogs cannot mix up accounts: algorithms have no owner, and storing sub-accounts checks theirs.
    if (stream.isCatalog === true || clock.monotonicMs() < this.nextProofAtMs) return;
    if (await this.isIdentityKnown()) return;
    this.proof ??= listSubAccounts().finally(() => (this.proof = null));
    const { error } = await this.proof;
    if (error?.retry === 'never-account') throw error;
    if (error !== null) this.nextProofAtMs = clock.monotonicMs() + PROOF_PAUSE_MS;
  }

  /** Stops or resumes the account according to the result of a run. */
  async recordResult({ error, outcome, scope, totals, runId }: RunResult): Promise<void> {
    const status = error === null ? undefined : STATUS_BY_CODE[error.code];
    if (error !== null && status !== undefined) {
      await this.stop(status, error);
    } else if ((outcome === 'succeeded' || outcome === 'partial') && totals.requests > 0) {
      if (scope.stream === 'sub-accounts') this.knowsIdentity = true;
      await this.resume(runId);
    }
  }

  private async stop(status: AccountStatus, error: KpoolError): Promise<void> {
    const { store, logger } = this.deps;
    const { accountId, name, keyFingerprint } = this.account;
    const isFirst = this.refused === null;
    this.refused = status;
    this.stopping = status;
    this.knowsIdentity = false;
    for (const controller of this.inFlight) controller.abort();
    try {
      const { isStopped, isNews } = await store.stop(accountId, keyFingerprint, status, error.message);
      if (isNews) {
        const except = status === 'forbidden' ? ', except for one try an hour,' : '';
        logger.error(
          `The account is stopped${except} until its credentials change or someone runs kpool sync.`,
          { account: name, status },
          error,
        );
      } else if (!isStopped && isFirst) {
        logger.error(
          'The account is stopped in this process: another process has other credentials for it, and continues.',
          { account: name, status },
          error,
        );
      }
    } finally {
      this.stopping = null;
    }
  }

  private async resume(runId: bigint): Promise<void> {
    const { store, logger } = this.deps;
    const { accountId, name, keyFingerprint } = this.account;
    this.refused = null;
    const recorded = await store.statusOf(accountId);
    if (recorded.status === 'ok' && recorded.keyFingerprint === keyFingerprint) return;
    const isResumed = await store.resume(accountId, keyFingerprint, runId, STOPPING_CODES);
    if (isResumed) logger.info('The account is resumed.', { account: name });
  }
}
