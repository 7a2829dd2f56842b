import { setMaxListeners } from 'node:events';
import postgres from 'postgres';
import type { Clock } from '../../src/core/clock';
import { DAY_MS, startOfUtcDay } from '../../src/core/day';
import type { Pacer } from '../../src/core/pacer';
import { Secret } from '../../src/core/secret';
import type { LedgerTiers } from '../../src/domain/planning/due-windows';
import type { AccountId, Puid } from '../../src/domain/ids';
import type { LedgerScope } from '../../src/domain/scope';
import { createPoolClient, type PoolClient } from '../../src/kucoin';
import {
  createSimulator,
  type Quirks,
  type SimScopeKey,
  type Simulator,
  type SimulatorOptions,
} from '../../src/simulator';
import { PrismaAccountStore } from '../../src/store/accounts';
import { createStoreClient } from '../../src/store/client';
import type { PrismaClient } from '../../src/store/generated/client';
import { PrismaLedgerStore } from '../../src/store/ledger/ledger-store';
import { PrismaRunStore } from '../../src/store/runs';
import { PostgresRunLocks } from '../../src/store/run-locks';
import { FutureEnd } from '../../src/sync/ledger/future-end';
import { syncLedgerScope, WHAT_IS_DUE, type LedgerRequest } from '../../src/sync/ledger/sync-ledger-scope';
import type { LedgerStore } from '../../src/sync/ports/ledger-ports';
import { runScope, type RunResult } from '../../src/sync/runs/run-scope';
import { differenceOf, servedOf, storedOf, truthOf } from './ledger-truth';
import { madeLater } from './made-later';
import { useTestDatabase } from './test-database';

/** When the clock of a lab starts. */
export const LAB_START = Date.UTC(2026, 9, 20, 9, 30);
/** The last day that is over when the clock of a lab starts: midnight UTC. */
export const YESTERDAY = startOfUtcDay(LAB_START) - DAY_MS;
export const VERIFY: LedgerRequest = { verifyBeforeMs: Infinity, span: null };

/** One scope of the ledger: how the simulated pool names it, and how the program does. */
export interface LabScope {
  readonly key: SimScopeKey;
  readonly scope: LedgerScope;
}

export interface LabSync {
  readonly request?: LedgerRequest;
  readonly signal?: AbortSignal;
  readonly tiers?: Partial<LedgerTiers>;
  /** Wraps the store that the program uses. */
  readonly store?: (store: PrismaLedgerStore) => LedgerStore;
}

/** A simulated pool and the code that syncs a scope of its ledger into a database, without pacing and without waits. */
export class LedgerLab {
  private static nextPuid = 5_000_001n;
  private readonly firstQuirks: Quirks;

  private readonly futureEnd = new FutureEnd();

  private constructor(
    readonly databaseUrl: string,
    readonly simulator: Simulator,
    readonly sql: postgres.Sql,
    readonly client: PrismaClient,
    readonly pool: PoolClient,
    readonly accountId: AccountId,
    private readonly locks: PostgresRunLocks,
  ) {
    this.firstQuirks = { ...simulator.quirks };
  }

  static async open(
    databaseUrl: string,
    options: Partial<SimulatorOptions> = {},
    accountName = 'main',
  ): Promise<LedgerLab> {
    const simulator = await createSimulator({
      seed: 1,
      startAt: LAB_START,
      rateLimit: null,
      world: { accounts: 1, subAccountsPerAccount: 0 },
      ...options,
    });
    const [credentials] = simulator.accounts;
    if (credentials === undefined) throw new Error('The simulated pool has no account.');
    const clock: Clock = {
      now: () => simulator.clock.now(),
      monotonicMs: () => performance.now(),
      sleep: () => Promise.resolve(),
    };
    const pool = createPoolClient({
      baseUrl: simulator.url,
      credentials: {
        apiKey: new Secret(credentials.apiKey),
        apiSecret: new Secret(credentials.apiSecret),
        apiPassphrase: new Secret(credentials.apiPassphrase),
      },
      pacer: UNPACED,
      clock,
      random: () => 0.5,
      // No real time passes between attempts, so a circuit that opened would stay open.
      retries: {
        circuit: {
          pause: { maintenance: NO_PAUSE, throttled: NO_PAUSE, refused: NO_PAUSE },
          failureThreshold: 3,
          longestPauseMs: 0,
        },
      },
    });
    const client = createStoreClient({
      url: new Secret(databaseUrl),
      maxConnections: 4,
      applicationName: 'ledger lab',
    });
    const sql = postgres(databaseUrl, { max: 2, onnotice: () => undefined });
    await sql`CREATE TABLE IF NOT EXISTS sync.test_clock (ahead interval NOT NULL)`;
    await sql`INSERT INTO sync.test_clock SELECT '0' WHERE NOT EXISTS (SELECT FROM sync.test_clock)`;
    await sql`
      CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
      $$ SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM sync.test_clock) $$`;
    const { accountId } = await new PrismaAccountStore(client).register(accountName, pool.fingerprint);
    const locks = new PostgresRunLocks(new Secret(databaseUrl), client);
    return new LedgerLab(databaseUrl, simulator, sql, client, pool, accountId, locks);
  }

  /** Adds a sub-account and returns its scope. */
  async newScope(stream: 'earnings' | 'rewards'): Promise<LabScope> {
    const puid = LedgerLab.nextPuid++;
    const algo = 'SHA256d';
    this.simulator.world.addSubAccount('main', { puid, pname: `lab-${puid}`, defaultAlgo: algo });
    await this.sql`
      INSERT INTO pool.sub_accounts (account_id, puid, pname, default_algo)
      VALUES (${this.accountId}, ${String(puid)}, ${`lab-${puid}`}, ${algo})`;
    return {
      key: { account: 'main', puid, algo },
      scope: { stream, accountId: this.accountId, puid: puid as Puid, algo },
    };
  }

  async sync({ scope }: LabScope, options: LabSync = {}): Promise<RunResult> {
    const signal = options.signal ?? new AbortController().signal;
    setMaxListeners(0, signal);
    const store = new PrismaLedgerStore(this.client);
    const tiers: LedgerTiers = {
      historyStartMs: Date.UTC(2018, 0, 1),
      recentDays: 35,
      recentEveryMs: DAY_MS,
      fullEveryMs: 7 * DAY_MS,
      ...options.tiers,
    };
    const deps = {
      pool: this.pool,
      futureEnd: this.futureEnd,
      store: options.store?.(store) ?? store,
      tiers,
      clock: { sleep: () => Promise.resolve() },
    };
    return runScope(
      new PrismaRunStore(this.client, this.locks),
      scope,
      { trigger: 'test', priority: 1, signal },
      (run) => syncLedgerScope(deps, scope, run, options.request ?? WHAT_IS_DUE),
    );
  }

  truthOf({ key, scope }: LabScope): string[] {
    return truthOf(this.simulator, scope.stream, [key]);
  }

  storedOf({ scope }: LabScope): Promise<string[]> {
    return storedOf(this.sql, scope.stream, scope.puid);
  }

  /** The stored rows that the pool is believed to serve. */
  servedOf({ scope }: LabScope): Promise<string[]> {
    return servedOf(this.sql, scope.stream, scope.puid);
  }

  /** Expects the ledger to hold exactly the live rows of the pool. */
  async expectTruth(labScope: LabScope): Promise<void> {
    expect(differenceOf(this.truthOf(labScope), await this.storedOf(labScope))).toEqual([]);
  }

  /** Moves the clocks of the pool and of the database forward. */
  async advance(ms: number): Promise<void> {
    this.simulator.clock.advance(ms);
    await this.sql`UPDATE sync.test_clock SET ahead = ahead + ${`${ms} milliseconds`}::interval`;
  }

  /** The database's clock, as text of full precision. */
  async now(): Promise<string> {
    const [row] = await this.sql<{ now: string }[]>`SELECT sync.now()::text AS now`;
    return row?.now ?? '';
  }

  restoreQuirks(): void {
    Object.assign(this.simulator.quirks, this.firstQuirks);
  }

  /** Forgets the longest span that the pool answered, which one scope learns for all scopes of its account. */
  async forgetSpanLimits(): Promise<void> {
    await this.sql`UPDATE sync.cursors SET span_limit_ms = NULL WHERE span_limit_ms IS NOT NULL`;
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.locks.close();
    await this.client.$disconnect();
    await this.sql.end();
    await this.simulator.close();
  }
}

/**
 * Gives the test file a lab with a database of its own: opened in `beforeAll`, closed in `afterAll`. After each test the
 * pool is an ordinary one again.
 */
export function useLedgerLab(): LedgerLab {
  const database = useTestDatabase();
  const lab = madeLater<LedgerLab>('The ledger lab');
  beforeAll(async () => lab.set(await LedgerLab.open(database.url)));
  database.beforeDrop(() => lab.value.close());
  afterEach(async () => {
    lab.value.simulator.faults.clear();
    lab.value.restoreQuirks();
    await lab.value.forgetSpanLimits();
  });
  return lab.value;
}

/** A circuit that opens is closed again at once. */
const NO_PAUSE = { firstDelayMs: 0, maxDelayMs: 0, factor: 1 };

const UNPACED: Pacer = {
  acquire: () => Promise.resolve({ use: () => true, answered: () => undefined }),
  reportThrottled: () => undefined,
  retractUncertainReports: () => undefined,
};
