// The accounts of a service: recorded, each with its client and its guard.
import { createHash } from 'node:crypto';
import type { AccountCredentials } from '../config/accounts';
import type { Config } from '../config/config';
import { findProxy } from '../config/proxies';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/log';
import type { Pacer } from '../core/pacer';
import type { AccountStatus, NamedAccount } from '../domain/account';
import { createPoolClient, type PoolClient } from '../kucoin';
import type { Metrics } from '../observability/metrics';
import { PrismaAccountStore } from '../store/accounts';
import type { PrismaClient } from '../store/generated/client';
import { AccountGuard } from '../sync/account-guard';
import { FutureEnd } from '../sync/ledger/future-end';
import { logCircuit } from './pace-log';

/** An account that this process serves. */
export interface ServiceAccount extends NamedAccount {
  readonly pool: PoolClient;
  readonly futureEnd: FutureEnd;
  /** The status when the service was opened; `SyncService.statusOf` returns the present one. */
  readonly status: AccountStatus;
  readonly statusReason: string | null;
}

export interface GuardedAccount {
  readonly account: ServiceAccount;
  readonly guard: AccountGuard;
}

interface OpenAccountOptions {
  readonly config: Pick<Config, 'pool' | 'proxies'>;
  readonly client: PrismaClient;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'poolAnswered'>;
}

/** A fingerprint that changes with any part of the credentials and reveals none of them. */
function fingerprintOfAll(credentials: AccountCredentials): string {
  const parts = [credentials.apiKey, credentials.apiSecret, credentials.apiPassphrase].map((part) =>
    part.reveal(),
  );
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Records an account and creates its client and its guard. */
async function openAccount(
  credentials: AccountCredentials,
  { config, client, pacer, clock, random, logger, metrics }: OpenAccountOptions,
): Promise<GuardedAccount> {
  const { name } = credentials;
  const store = new PrismaAccountStore(client);
  const keyFingerprint = fingerprintOfAll(credentials);
  const record = await store.register(name, keyFingerprint);
  const pool = createPoolClient({
    baseUrl: config.pool.baseUrl,
    proxy: findProxy(config.pool.baseUrl, config),
    credentials,
    pacer,
    clock,
    random,
    onAttempt: (attempt) => {
      metrics.poolAnswered(name, attempt.endpoint, attempt.outcome, attempt.durationMs / 1_000);
      logger.debug('Asked the pool.', { account: name, ...attempt });
    },
    onCircuit: (event) => logCircuit(logger, name, event),
  });
  const account = { ...record, name, pool, futureEnd: new FutureEnd() };
  return { account, guard: new AccountGuard({ ...account, keyFingerprint }, { store, clock, logger }) };
}

/** Records the configured accounts, and creates the client and the guard of each. */
export async function openAccounts(
  credentials: readonly AccountCredentials[],
  options: OpenAccountOptions,
): Promise<readonly GuardedAccount[]> {
  const accounts: GuardedAccount[] = [];
  for (const each of credentials) accounts.push(await openAccount(each, options));
  return accounts;
}
