// Locks that end with their transaction; a cursor's are in cursors.ts. docs/architecture.md (Locks) lists all of them.
// Raw SQL: the typed client locks no rows, and locks by name are functions of the database (`sync.lock`).
import type { AccountId } from '../domain/ids';
import type { Queryable } from './client';

/** What only one transaction does at a time, among all processes. */
export type LockName = 'sub_accounts' | 'alerts';

/** Waits for the lock, and holds it until the transaction ends. */
export async function lockByName(tx: Queryable, name: LockName): Promise<void> {
  await tx.$executeRaw`SELECT sync.lock(${name})`;
}

/** As `lockByName`, but returns false instead of waiting. */
export async function tryLockByName(tx: Queryable, name: LockName): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ held: boolean }[]>`SELECT sync.try_lock(${name}) AS held`;
  return row?.held === true;
}

/** Serialises changes of an account and of what it lists; commits to the ledger do not wait for it. */
export async function lockAccount(tx: Queryable, accountId: AccountId): Promise<void> {
  await tx.$executeRaw`SELECT FROM pool.accounts WHERE account_id = ${accountId}::smallint FOR NO KEY UPDATE`;
}

/** Makes updates of these accounts' alerts wait until the transaction ends. */
export async function lockAlerts(tx: Queryable, accountIds: readonly AccountId[]): Promise<void> {
  await tx.$executeRaw`
    SELECT FROM sync.alerts WHERE account_id = ANY (${[...accountIds]}::smallint[]) ORDER BY alert_id FOR UPDATE`;
}
