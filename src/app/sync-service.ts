import type { AccountCredentials } from '../config/accounts';
import type { Config } from '../config/config';
import { assert } from '../core/assert';
import type { Clock } from '../core/clock';
import type { KeepDays } from '../core/keep-days';
import { createLastingPostgres, type LastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import type { ScopePlan } from '../domain/due-scopes';
import type { AccountId } from '../domain/ids';
import type { Scope } from '../domain/scope';
import type { Stream } from '../domain/streams';
import { DEFAULT_TIMEOUTS } from '../kucoin';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import type { PaceScope } from '../pacing/buckets';
import { createPacer, type PacerHandle } from '../pacing/pacer';
import { openPacingDatabase, type PacingDatabase } from '../pacing/pacing-database';
import { readActivity, type Activity } from '../report/activity';
import { judge, type Wellness } from '../report/wellness/judge';
import { readWellnessFacts } from '../report/wellness/read-facts';
import type { AccountStatus } from '../store/accounts';
import { PrismaAlertStore } from '../store/alerts/alert-store';
import { createStoreClient } from '../store/client';
import type { PrismaClient } from '../store/generated/client';
import { readNow } from '../store/instants';
import { enforceRetention, type Retained } from '../store/retention';
import { PrismaRunStore } from '../store/runs';
import { PostgresScopeLocks } from '../store/scope-locks';
import { PrismaScopeStore } from '../store/scopes';
import { WHAT_IS_DUE, type LedgerRequest } from '../sync/ledger/sync-ledger-scope';
import { runScope, type RunOptions, type RunResult } from '../sync/run-scope';
import { ScopeLock } from '../sync/scope-lock';
import type { SyncDeps } from '../sync/stream';
import type { StreamRegistry } from '../sync/stream-registry';
import { syncWhileListed } from '../sync/unlisted';
import type { AccountGuard } from './account-guard';
import { createAlertRounds, openWebhook, type AlertRound } from './alerts';
import { logPacing } from './pace-log';
import { saveReportSettings } from './report-settings';
import { reportRun } from './run-report';
import { AccountScopeListing } from './scope-listing';
import { planScopes } from './scope-plan';
import { openAccounts, type ServiceAccount } from './service-account';
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

const END_TIMEOUT_S = 2;

/** Everything that a process needs to sync: the accounts with their clients, the stores, the pace. */
export class SyncService {
  private readonly listings: ReadonlyMap<AccountId, AccountScopeListing>;

  private constructor(
    readonly accounts: readonly ServiceAccount[],
    private readonly options: SyncServiceOptions,
    private readonly client: PrismaClient,
    private readonly pacer: PacerHandle,
    private readonly pacing: PacingDatabase,
    private readonly guards: ReadonlyMap<AccountId, AccountGuard>,
    private readonly locks: PostgresScopeLocks,
    /** Connects when something is read through it. */
    private readonly facts: LastingPostgres,
  ) {
    const store = new PrismaScopeStore(client);
    this.listings = new Map(
      accounts.map((account) => [
        account.accountId,
        new AccountScopeListing(store, options.clock, (signal) => this.listScopes(account, signal)),
      ]),
    );
  }

  /** Connects and records the accounts. The database has to be migrated. */
  static async open(options: SyncServiceOptions): Promise<SyncService> {
    const { config, clock, logger, metrics } = options;
    const client = createStoreClient({
      url: options.databaseUrl,
      maxConnections: options.maxConnections,
      applicationName: 'kpool',
    });
    const pacing = openPacingDatabase(options.databaseUrl);
    const names = new Map<string, string>();
    const pacer = createPacer({
      database: pacing,
      clock,
      requestsPerSecond: config.pool.requestsPerSecond,
      scope: config.pool.rateScope,
      totalTimeoutMs: DEFAULT_TIMEOUTS.totalMs,
      onEvent: (event) => logPacing(logger, metrics, (key) => names.get(key) ?? '', event),
    });
    try {
      await saveReportSettings(client, config, options.streams);
      const { accounts, guards } = await openAccounts(options.accounts, { ...options, client, pacer });
      for (const { name, pool } of accounts) names.set(pool.fingerprint, name);
      const locks = new PostgresScopeLocks(options.databaseUrl, client);
      await new PrismaRunStore(client, locks).closeAbandoned();
      const facts = createLastingPostgres({ url: options.databaseUrl, applicationName: 'kpool' });
      return new SyncService(accounts, options, client, pacer, pacing, guards, locks, facts);
    } catch (error) {
      await pacer.stop();
      await pacing.close();
      await client.$disconnect();
      throw error;
    }
  }

  /** Every scope of a stream and when it is to be visited: new credentials make the list of sub-accounts due. */
  async plan(account: ServiceAccount, stream: Stream): Promise<ScopePlan> {
    // Credentials that changed are tried at once, not when the interval of the old ones has passed.
    const isUntried = stream === 'sub-accounts' && !(await this.guardOf(account).isIdentityKnown());
    return planScopes(
      new PrismaScopeStore(this.client),
      this.options.config.sync,
      account.accountId,
      this.streams.get(stream),
      isUntried,
    );
  }

  /**
   * Syncs one scope and records how it went. A failure that concerns the whole account stops it, once and loudly;
   * a success lets a stopped one go on.
   */
  async run(
    account: ServiceAccount,
    scope: Scope,
    options: Omit<RunOptions, 'priority'>,
    request: LedgerRequest = WHAT_IS_DUE,
  ): Promise<RunResult> {
    const guard = this.guardOf(account);
    const startedMs = this.options.clock.monotonicMs();
    const watch = guard.watch(options.signal);
    const watched = { ...options, signal: watch.signal, priority: this.streams.priorityOf(scope.stream) };
    const { sync, lockMode } = this.streams.get(scope.stream);
    const { locks, clock } = this;
    const lock = new ScopeLock({ locks, clock, onWait: options.onWait }, scope, lockMode);
    try {
      const result = await runScope(this.runStore(), scope, watched, async (run) => {
        try {
          await lock.use(run, async () => {
            await guard.requireIdentity(this.streams.get(scope.stream), () =>
              this.readCatalog(account, 'sub-accounts', options),
            );
            await syncWhileListed(this.listingOf(account), scope, run, () =>
              sync(this.depsOf(account), scope, run, request),
            );
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

  get streams(): StreamRegistry {
    return this.options.streams;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** As it is now: anything but `ok` is stopped. */
  async statusOf(account: ServiceAccount): Promise<AccountStatus> {
    return this.guardOf(account).status();
  }

  /** Whether scopes of a stream may be synced by schedule: not those of a stopped account, but for a rare try. */
  async mayRun(account: ServiceAccount, stream: Stream): Promise<boolean> {
    return this.guardOf(account).mayRun(stream);
  }

  /** As far as this process knows: it learns it with its first request with the key. */
  paceScopeOf(key: string): PaceScope {
    return this.pacer.scopeOf(key);
  }

  /** How long the open circuit pauses this stream of the account, ms; 0 when closed. */
  openCircuitMs(account: ServiceAccount, stream: Stream): number {
    return account.pool.pauseMs(this.streams.get(stream).endpoint);
  }

  /** How long the next request of a stream would wait at least for its permit, as far as this process knows. */
  waitEstimateMs(account: ServiceAccount, stream: Stream): number {
    return this.pacer.waitEstimateMs({
      key: account.pool.fingerprint,
      endpoint: this.streams.get(stream).endpoint,
    });
  }

  /** For how long no request leaves, since the database has lost its record of the latest ones, ms. */
  async lostRecordMs(): Promise<number> {
    return this.pacer.lostRecordMs();
  }

  /** Lets go of history that is older than it is kept, and makes the partitions of the coming days. */
  async enforceRetention(keepDays: KeepDays): Promise<Retained> {
    return enforceRetention(this.client, keepDays, await readNow(this.client));
  }

  /** Closes the records of runs whose process has ended. Returns how many. */
  async closeAbandonedRuns(): Promise<number> {
    return this.runStore().closeAbandoned();
  }

  /** Scopes that some process, this one or another, has a run of under way. */
  async findScopesInFlight(): Promise<readonly Scope[]> {
    return this.runStore().findScopesInFlight();
  }

  /**
   * The rounds of alerts about this process's accounts, for `run` to be called about once a minute. `webhookUrl` null:
   * a round sends nothing. `scrub` takes secrets out of what is sent; `signal` gives up a message that is under way.
   */
  createAlertRounds(
    webhookUrl: Secret | null,
    scrub: (text: string) => string,
    signal?: AbortSignal,
  ): { run(): Promise<AlertRound> } {
    return createAlertRounds({
      store: new PrismaAlertStore(this.client),
      webhook: webhookUrl === null ? null : openWebhook(webhookUrl, this.options.config, signal),
      readWellness: () => this.readWellness(),
      accountIds: new Map(this.accounts.map(({ name, accountId }) => [name, accountId])),
      logger: this.options.logger,
      scrub,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** How everything about this process's accounts is. */
  async readWellness(): Promise<Wellness> {
    return judge(
      await readWellnessFacts(
        await this.facts.open(),
        this.accounts.map(({ name }) => name),
      ),
    );
  }

  /** Totals of all syncs so far, of every process. */
  async readActivity(): Promise<Activity> {
    return readActivity(await this.facts.open());
  }

  async close(): Promise<void> {
    await this.facts.close(END_TIMEOUT_S);
    await Promise.all(this.accounts.map((account) => account.pool.close()));
    await this.pacer.stop();
    await this.pacing.close();
    await this.locks.close();
    await this.client.$disconnect();
  }

  private runStore(): PrismaRunStore {
    return new PrismaRunStore(this.client, this.locks);
  }

  private depsOf(account: ServiceAccount): SyncDeps {
    return createSyncDeps(account.pool, this.client, this.options);
  }

  private guardOf(account: ServiceAccount): AccountGuard {
    const guard = this.guards.get(account.accountId);
    assert(guard !== undefined, 'every account of a service has its guard');
    return guard;
  }

  private listingOf(account: ServiceAccount): AccountScopeListing {
    const listing = this.listings.get(account.accountId);
    assert(listing !== undefined, 'every account of a service has its listing');
    return listing;
  }

  /** How that went is in the record of the two runs: a list that could not be had leaves everything as it was. */
  private async listScopes(account: ServiceAccount, signal: AbortSignal): Promise<void> {
    for (const { name: stream } of this.streams.catalog) {
      await this.readCatalog(account, stream, { trigger: 'refusal', signal });
    }
  }

  private async readCatalog(
    account: ServiceAccount,
    stream: Stream,
    { trigger, signal }: Pick<RunOptions, 'trigger' | 'signal'>,
  ): Promise<RunResult> {
    const scope = { stream, accountId: account.accountId, puid: null, algo: null };
    return this.run(account, scope, { trigger, signal });
  }
}
