import type { AccountCredentials } from '../config/accounts';
import type { Config } from '../config/config';
import { findProxy } from '../config/proxies';
import { assert } from '../core/assert';
import type { Clock } from '../core/clock';
import { createLastingPostgres, type LastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import type { AccountId } from '../domain/ids';
import type { PlannedScope, ScopePlan } from '../domain/due-scopes';
import { nextVisitMs, paceOf } from '../domain/scope-schedule';
import type { Stream } from '../domain/streams';
import { DAY_MS } from '../domain/windows';
import { intervalOf } from '../domain/streams';
import { DEFAULT_TIMEOUTS } from '../kucoin';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { createWebhook } from '../observability/webhook';
import type { PaceScope } from '../pacing/buckets';
import { createPacer, type PacerHandle } from '../pacing/pacer';
import { openPacingDatabase, type PacingDatabase } from '../pacing/pacing-database';
import { judge, type Wellness } from '../report/wellness/judge';
import { readWellnessFacts } from '../report/wellness/read-facts';
import type { AccountStatus } from '../store/accounts';
import { PrismaAlertStore } from '../store/alerts/alert-store';
import { PrismaCatalogStore } from '../store/catalog';
import { createStoreClient } from '../store/client';
import { PrismaFleetStore } from '../store/fleet/fleet-store';
import type { PrismaClient } from '../store/generated/client';
import { PrismaIncomeStore } from '../store/income-samples';
import { readNow } from '../store/instants';
import { PrismaLedgerStore } from '../store/ledger/ledger-store';
import { enforceRetention, type KeepDays, type Retained } from '../store/retention';
import { PrismaRunStore } from '../store/runs';
import { PrismaScopeStore } from '../store/scopes';
import { PostgresScopeLocks } from '../store/scope-locks';
import { saveSettings } from '../store/settings';
import { saveStreams } from '../store/streams';
import { WHAT_IS_DUE, type LedgerRequest } from '../sync/ledger/sync-ledger-scope';
import type { Scope } from '../sync/ports';
import { runScope, type RunOptions, type RunResult } from '../sync/run-scope';
import { ScopeLock } from '../sync/scope-lock';
import type { SyncDeps } from '../sync/stream';
import type { StreamRegistry } from '../sync/stream-registry';
import { syncWhileListed } from '../sync/unlisted';
import type { AccountGuard } from './account-guard';
import { createAlertRounds, type AlertRound } from './alerts';
import { logPacing } from './pace-log';
import { reportRun } from './run-report';
import { AccountScopeListing } from './scope-listing';
import { openAccount, type ServiceAccount } from './service-account';

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

/** What the views of `report` go by. */
async function saveReportSettings(
  client: PrismaClient,
  { config: { report, sync }, streams }: Pick<SyncServiceOptions, 'config' | 'streams'>,
): Promise<void> {
  await saveSettings(client, {
    report_time_zone: report.timeZone,
    tier_intervals: { recent: sync.recentEveryMs / 1_000, full: sync.fullEveryMs / 1_000 },
  });
  await saveStreams(
    client,
    streams.all.map(({ name, scopes }) => ({ name, scopes, everyMs: intervalOf(sync.everyMs, name) })),
  );
}

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
    const pacer = createPacer({
      database: pacing,
      clock,
      requestsPerSecond: config.pool.requestsPerSecond,
      scope: config.pool.rateScope,
      totalTimeoutMs: DEFAULT_TIMEOUTS.totalMs,
      onEvent: (event) => logPacing(logger, metrics, event),
    });
    try {
      await saveReportSettings(client, options);
      const accounts: ServiceAccount[] = [];
      const guards = new Map<AccountId, AccountGuard>();
      for (const credentials of options.accounts) {
        const { account, guard } = await openAccount(credentials, { ...options, client, pacer });
        accounts.push(account);
        guards.set(account.accountId, guard);
      }
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
    const store = new PrismaScopeStore(this.client);
    const { scopes, nowMs } =
      this.streams.get(stream).scopes === 'mining'
        ? await store.findMiningScopes(account.accountId, stream)
        : await store.findAccountScope(account.accountId, stream);
    const { everyMs, dormantAfterDays } = this.options.config.sync;
    // Credentials that changed are tried at once, not when the interval of the old ones has passed.
    const isUntried = stream === 'sub-accounts' && !(await this.guardOf(account).isIdentityKnown());
    const planned = scopes.map((found): PlannedScope => {
      const sketch = isUntried ? { ...found, lastCycleAtMs: null } : found;
      const pace = paceOf(sketch, dormantAfterDays * DAY_MS, nowMs);
      const scope: Scope = { stream, accountId: account.accountId, puid: sketch.puid, algo: sketch.algo };
      return { scope, pace, nextVisitMs: nextVisitMs(sketch, pace, intervalOf(everyMs, stream), nowMs) };
    });
    return { scopes: planned, nowMs };
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
              this.listSubAccounts(account, options),
            );
            await syncWhileListed(this.listingOf(account), scope, run, () =>
              sync(this.depsOf(account), scope, run, request),
            );
          });
        } catch (error) {
          throw watch.explain(error);
        }
      });
      await guard.judge(result);
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
  quietMs(account: ServiceAccount, stream: Stream): number {
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
  async findScopesInHand(): Promise<readonly Scope[]> {
    return this.runStore().findScopesInHand();
  }

  /**
   * The rounds of alerts about this process's accounts, for `run` to be called about once a minute. `webhookUrl` null:
   * a round does nothing. `scrub` takes secrets out of what is sent; `signal` gives up a message that is under way.
   */
  createAlertRounds(
    webhookUrl: Secret | null,
    scrub: (text: string) => string,
    signal?: AbortSignal,
  ): { run(): Promise<AlertRound> } {
    return createAlertRounds({
      store: new PrismaAlertStore(this.client),
      webhook:
        webhookUrl === null
          ? null
          : createWebhook(webhookUrl, {
              stop: signal,
              proxy: findProxy(webhookUrl.reveal(), this.options.config),
            }),
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
    const { historyStartMs, recentDays, recentEveryMs, fullEveryMs, coins, everyMs } =
      this.options.config.sync;
    const { requestsPerSecond, workerDetailsShare } = this.options.config.pool;
    return {
      pool: account.pool,
      ledger: new PrismaLedgerStore(this.client),
      catalog: new PrismaCatalogStore(this.client),
      fleet: new PrismaFleetStore(this.client),
      income: new PrismaIncomeStore(this.client),
      tiers: { historyStartMs, recentDays, recentEveryMs, fullEveryMs, coins },
      clock: this.options.clock,
      workerDetailsPerRound: Math.floor(
        (requestsPerSecond * workerDetailsShare * intervalOf(everyMs, 'worker-details')) / 1_000,
      ),
    };
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
      const scope = { stream, accountId: account.accountId, puid: null, algo: null };
      await this.run(account, scope, { trigger: 'refusal', signal });
    }
  }

  private async listSubAccounts(
    account: ServiceAccount,
    options: Pick<RunOptions, 'trigger' | 'signal'>,
  ): Promise<RunResult> {
    const scope = { stream: 'sub-accounts', accountId: account.accountId, puid: null, algo: null } as const;
    const { trigger, signal } = options;
    return this.run(account, scope, { trigger, signal });
  }
}
