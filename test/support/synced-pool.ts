import { setMaxListeners } from 'node:events';
import postgres from 'postgres';
import { syncEverything } from '../../src/use-cases/manual-sync/sync-everything';
import type { StreamSummary } from '../../src/use-cases/manual-sync/sync-stream';
import { EVERYTHING, type SyncSelection } from '../../src/use-cases/manual-sync/sync-selection';
import { SyncService } from '../../src/service/sync-service';
import { loadConfig } from '../../src/config/load';
import type { Config } from '../../src/config/config';
import { systemClock, type Clock } from '../../src/core/clock';
import { Secret } from '../../src/core/secret';
import type { Logger } from '../../src/core/log';
import { createLogger } from '../../src/observability/logger';
import { createMetrics } from '../../src/observability/metrics';
import { createScrubber } from '../../src/core/redaction';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { STREAMS } from '../../src/sync/registry';
import type { StreamRegistry } from '../../src/sync/stream-registry';
import { WHAT_IS_DUE, type LedgerRequest } from '../../src/sync/ledger/sync-ledger-scope';

const silentLogger: Logger = createLogger({
  level: 'silent',
  format: 'json',
  destination: { write: () => undefined },
  scrubber: createScrubber([]),
});

export interface SyncedPoolOptions {
  readonly streams?: StreamRegistry;
  readonly databaseUrl: string;
  readonly simulator: SimulatorOptions;
  readonly config?: (config: Config) => Pick<Config, 'pool' | 'proxies' | 'sync' | 'report'>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestServiceOptions {
  readonly databaseUrl: string;
  readonly poolUrl: string;
  readonly accounts: Simulator['accounts'];
  readonly config?: SyncedPoolOptions['config'];
  readonly env?: Readonly<Record<string, string>>;
  /** The program's streams by default. */
  readonly streams?: StreamRegistry;
  /** Nothing is logged by default. */
  readonly logger?: Logger;
  /** The machine's clock by default. */
  readonly clock?: Clock;
}

function configOf(
  { env, streams = STREAMS }: Pick<SyncedPoolOptions, 'env' | 'streams'>,
  poolUrl: string,
): Config {
  return loadConfig(
    {
      HOME: '/nonexistent',
      KUCOIN_POOL_BASE_URL: poolUrl,
      KUCOIN_POOL_REQUESTS_PER_SECOND: String(TEST_REQUESTS_PER_SECOND),
      ...env,
    },
    { streams: streams.all },
  );
}

/** Opens a service as a separate process would. */
export async function openTestService(options: TestServiceOptions): Promise<SyncService> {
  const { streams = STREAMS } = options;
  const config = configOf(options, options.poolUrl);
  return SyncService.open({
    streams,
    config: options.config?.(config) ?? config,
    accounts: options.accounts.map(({ name, apiKey, apiSecret, apiPassphrase }) => ({
      name,
      apiKey: new Secret(apiKey),
      apiSecret: new Secret(apiSecret),
      apiPassphrase: new Secret(apiPassphrase),
    })),
    databaseUrl: new Secret(options.databaseUrl),
    maxConnections: 6,
    clock: options.clock ?? systemClock,
    random: Math.random,
    logger: options.logger ?? silentLogger,
    metrics: createMetrics(),
  });
}

/** Syncs what is due once, as `kpool sync` does, but without waiting for an open circuit. */
export async function syncOnce(
  service: SyncService,
  selection: Partial<SyncSelection> = {},
  request: LedgerRequest = WHAT_IS_DUE,
  retryBudgetMs = 0,
): Promise<readonly StreamSummary[]> {
  const never = new AbortController();
  setMaxListeners(0, never.signal);
  return syncEverything(service, {
    selection: { ...EVERYTHING, ...selection },
    request,
    signal: never.signal,
    retryBudgetMs,
    onProgress: () => undefined,
  });
}

/** A simulated pool, and the service that syncs it into a database. */
export interface SyncedPool {
  readonly simulator: Simulator;
  readonly service: SyncService;
  /** How often each stream is synced, as it would be configured. */
  readonly everyMs: Readonly<Record<string, number>>;
  readonly sql: postgres.Sql;
  sync(selection?: Partial<SyncSelection>, request?: LedgerRequest): Promise<readonly StreamSummary[]>;
  close(): Promise<void>;
}

/** Fast enough for tests: no limit on requests, unless the simulator enforces one. */
const TEST_REQUESTS_PER_SECOND = 50;

export async function createSyncedPool(options: SyncedPoolOptions): Promise<SyncedPool> {
  const simulator = await createSimulator({ rateLimit: null, ...options.simulator });
  const service = await openTestService({
    ...options,
    poolUrl: simulator.url,
    accounts: simulator.accounts,
  });
  const sql = postgres(options.databaseUrl, { max: 2, onnotice: () => undefined });
  return {
    simulator,
    service,
    everyMs: configOf(options, simulator.url).sync.everyMs,
    sql,
    sync: (selection, request) => syncOnce(service, selection, request),
    async close() {
      await service.close();
      await sql.end();
      await simulator.close();
    },
  };
}
