// The service's heart: plans the scopes of its accounts and runs one.
import type { AccountCredentials } from '../config/accounts';
import type { Config } from '../config/config';
import { assert } from '../core/assert';
import type { Clock } from '../core/clock';
import type { KeepDays } from '../core/keep-days';
import type { Logger } from '../core/log';
import type { Secret } from '../core/secret';
import { stopAll } from '../core/stop-all';
import type { AccountStatus, NamedAccount } from '../domain/account';
import type { AccountId } from '../domain/ids';
import type { ScopePlan } from '../domain/planning/due-scopes';
import type { Scope } from '../domain/scope';
import type { Stream } from '../domain/streams';
import type { Metrics } from '../observability/metrics';
import type { PaceLevel } from '../pacing/pace-level';
import { createStoreClient } from '../store/client';
import type { PrismaClient } from '../store/generated/client';
import { readNow } from '../store/instants';
import { enforceRetention, type Retained } from '../store/retention';
import { PostgresRunLocks } from '../store/run-locks';
import { PrismaRunStore } from '../store/runs';
import { PrismaScopeStore } from '../store/scopes';
import { WHAT_IS_DUE, type LedgerRequest } from '../sync/ledger/sync-ledger-scope';
import { runScope, type RunOptions, type RunResult } from '../sync/runs/run-scope';
import { AccountScopeListing } from '../sync/runs/scope-listing';
import { ScopeLock } from '../sync/runs/scope-lock';
import { planScopes } from '../sync/scope-plan';
import type { StreamRegistry } from '../sync/stream-registry';
import { syncWhileListed } from '../sync/runs/unlisted';
import { saveReportSettings } from './report-settings';
import { reportRun } from './run-report';
import { openAccounts, type GuardedAccount, type ServiceAccount } from './service-account';
import { ServicePace } from './service-pace';
import { ServiceReports } from './service-reports';
import { createSyncDeps } from './sync-deps';

export interface SyncServiceOptions {
  readonly streams: StreamRegistry;
  readonly config: Pick<Config, 'pool' | 'proxies' | 'sync' | 'report'>;
  readonly accounts: readonly AccountCredentials[];
  readonly databaseUrl: Secret;
  readonly maxConnections: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What a service opens and closes. */
interface Parts {
  readonly client: PrismaClient;
  readonly pace: ServicePace;
  readonly locks: PostgresRunLocks;
  readonly accounts: readonly GuardedAccount[];
}

/** Plans and runs the scopes of the configured accounts, within the rate limits of their keys. */
export class SyncService {
  readonly streams: StreamRegistry;
  readonly clock: Clock;
  readonly accounts: readonly ServiceAccount[];
  readonly reports: ServiceReports;
  private readonly options: SyncServiceOptions;
  private readonly parts: Parts;
  private readonly runs: PrismaRunStore;
  private readonly scopes: PrismaScopeStore;
  private readonly known: ReadonlyMap<AccountId, GuardedAccount & { readonly listing: AccountScopeListing }>;

  private constructor(options: SyncServiceOptions, parts: Parts) {
    const { client, accounts, locks } = parts;
    this.streams = options.streams;
    this.clock = options.clock;
    this.accounts = accounts.map(({ account }) => account);
    this.reports = new ServiceReports({ ...options, client, accounts: this.accounts });
    this.options = options;
    this.parts = parts;
    this.runs = new PrismaRunStore(client, locks);
    this.scopes = new PrismaScopeStore(client);
    this.known = new Map(
      accounts.map(({ account, guard }) => {
        const list = (signal: AbortSignal): Promise<void> => this.listScopes(account, signal);
        const listing = new AccountScopeListing(this.scopes, options.clock, list);
        return [account.accountId, { account, guard, listing }];
      }),
    );
  }

  /** Connects and records the accounts. The database has to be migrated. */
  static async open(options: SyncServiceOptions): Promise<SyncService> {
    const service = await SyncService.connect(options);
    try {
      await service.closeAbandonedRuns();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  private static async connect(options: SyncServiceOptions): Promise<SyncService> {
    const { databaseUrl, maxConnections } = options;
    const client = createStoreClient({ url: databaseUrl, maxConnections, applicationName: 'kpool' });
    const pace = new ServicePace(options);
    try {
      await saveReportSettings(client, options.config, options.streams);
      const { pacer } = pace;
      const accounts = await openAccounts(options.accounts, { ...options, client, pacer });
      pace.nameKeys(accounts.map(({ account }) => account));
      const locks = new PostgresRunLocks(databaseUrl, client);
      return new SyncService(options, { client, pace, locks, accounts });
    } catch (error) {
      await stopAll([() => pace.close(), () => client.$disconnect()]);
      throw error;
    }
  }

  /** Every scope of a stream and its next visit. */
  async plan({ accountId }: NamedAccount, stream: Stream): Promise<ScopePlan> {
    // New credentials are tried at once, not at the end of the interval that the old ones began.
    const isUntried = stream === 'sub-accounts' && !(await this.find(accountId).guard.isIdentityKnown());
    const { everyMs, dormantAfterDays } = this.options.config.sync;
    return planScopes(this.scopes, {
      accountId,
      stream: this.streams.get(stream),
      everyMs,
      dormantAfterDays,
      isUntried,
    });
  }

  /**
   * Syncs one scope and records the result. A failure that concerns the whole account stops it, which is logged once; a
   * success resumes it.
   */
  async run(
    { accountId }: NamedAccount,
    scope: Scope,
    options: Omit<RunOptions, 'priority'>,
    request: LedgerRequest = WHAT_IS_DUE,
  ): Promise<RunResult> {
    const { account, guard, listing } = this.find(accountId);
    const startedMs = this.clock.monotonicMs();
    const watch = guard.watch(options.signal);
    const watched = { ...options, signal: watch.signal, priority: this.streams.priorityOf(scope.stream) };
    const stream = this.streams.get(scope.stream);
    const { locks, client } = this.parts;
    const lock = new ScopeLock({ locks, clock: this.clock, onWait: options.onWait }, scope, stream.lockMode);
    const deps = createSyncDeps(account, client, this.options);
    try {
      const result = await runScope(this.runs, scope, watched, async (run) => {
        try {
          await lock.use(run, async () => {
            await guard.requireIdentity(stream, () => this.readCatalog(account, 'sub-accounts', options));
            await syncWhileListed(listing, scope, run, () => stream.sync(deps, scope, run, request));
          });
        } catch (error) {
          throw watch.explain(error);
        }
      });
      await guard.recordResult(result);
      reportRun(this.options, account, result, this.clock.monotonicMs() - startedMs);
      return result;
    } finally {
      await lock.release();
      watch.end();
    }
  }

  /** The present status: anything but `ok` is stopped. */
  async statusOf({ accountId }: NamedAccount): Promise<AccountStatus> {
    return this.find(accountId).guard.status();
  }

  /** Whether a schedule may sync scopes of a stream: not if the account is stopped, except for a rare attempt. */
  async mayRun({ accountId }: NamedAccount, stream: Stream): Promise<boolean> {
    return this.find(accountId).guard.mayRun(stream);
  }

  /** The level known to this process, which learns it with its first request for the key. */
  paceLevelOf(key: string): PaceLevel {
    return this.parts.pace.pacer.levelOf(key);
  }

  /** How long the open circuit pauses this stream of the account, ms; 0 when closed. */
  openCircuitMs({ accountId }: NamedAccount, stream: Stream): number {
    return this.find(accountId).account.pool.pauseMs(this.streams.get(stream).endpoint);
  }

  /** The shortest time that the next request of a stream will wait for its permit, as far as this process knows, ms. */
  waitEstimateMs({ accountId }: NamedAccount, stream: Stream): number {
    return this.parts.pace.pacer.waitEstimateMs({
      key: this.find(accountId).account.pool.fingerprint,
      endpoint: this.streams.get(stream).endpoint,
    });
  }

  /** How long no request can be sent because the database has lost the record of the latest ones, ms. */
  async lostRecordMs(): Promise<number> {
    return this.parts.pace.pacer.lostRecordMs();
  }

  /** Deletes history past its retention, and creates the partitions of the coming days. */
  async enforceRetention(keepDays: KeepDays): Promise<Retained> {
    const { client } = this.parts;
    return enforceRetention(client, keepDays, await readNow(client));
  }

  /** Closes the records of runs whose process has ended. Returns how many. */
  async closeAbandonedRuns(): Promise<number> {
    return this.runs.closeAbandoned();
  }

  /** Scopes with a run in flight, in this or another process. */
  async findScopesInFlight(): Promise<readonly Scope[]> {
    return this.runs.findScopesInFlight();
  }

  async close(): Promise<void> {
    const { pace, locks, client } = this.parts;
    await stopAll([
      () => this.reports.close(),
      async () => {
        await Promise.all(this.accounts.map(({ pool }) => pool.close()));
      },
      () => pace.close(),
      () => locks.close(),
      () => client.$disconnect(),
    ]);
  }

  private find(accountId: AccountId): GuardedAccount & { readonly listing: AccountScopeListing } {
    const found = this.known.get(accountId);
    assert(found !== undefined, 'a service is asked about its own accounts only');
    return found;
  }

  /** Reads the lists that define which scopes exist. A list that fails changes nothing, and its run records why. */
  private async listScopes(account: NamedAccount, signal: AbortSignal): Promise<void> {
    for (const { name: stream } of this.streams.catalog) {
      await this.readCatalog(account, stream, { trigger: 'refusal', signal });
    }
  }

  private async readCatalog(
    account: NamedAccount,
    stream: Stream,
    { trigger, signal }: Pick<RunOptions, 'trigger' | 'signal'>,
  ): Promise<RunResult> {
    const scope = { stream, accountId: account.accountId, puid: null, algo: null };
    return this.run(account, scope, { trigger, signal });
  }
}
