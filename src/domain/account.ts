import type { AccountId } from './ids';

/** An account as the log and the queue name it. */
export interface NamedAccount {
  readonly accountId: AccountId;
  readonly name: string;
}

/** Whether an account is synced: anything but `ok` is stopped (`pool.accounts.status`). */
export type AccountStatus = 'ok' | 'auth_failed' | 'forbidden' | 'duplicate' | 'changed';
