import type { Config } from '../config/config';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { Logger } from '../observability/logger';
import { createMetrics } from '../observability/metrics';
import { openDatabase, type OpenDatabase } from './database';
import { projectDisk } from './disk-projection';
import { migrateDatabase } from './migration';
import { SyncService, type ServiceAccount } from './sync-service';

/** One line of `kpool check`. */
export interface Finding {
  readonly name: string;
  readonly isWell: boolean;
  readonly text: string;
  /** What to do about it; null when nothing. */
  readonly hint: string | null;
  /** What a script would want to compare. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A host whose clock is this far off is told so; requests are signed with the pool's time all the same. */
const CLOCK_TOLERANCE_MS = 2_000;
const CHECK_PRIORITY = 1;

function well(name: string, text: string): Finding {
  return { name, isWell: true, text, hint: null };
}

function failed(name: string, error: unknown): Finding {
  if (!(error instanceof KpoolError)) throw error;
  return { name, isWell: false, text: error.message, hint: error.hint ?? null };
}

export interface CheckOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Pending migrations are applied, as every command that works with the database would. */
async function checkTables(database: OpenDatabase, log: (line: string) => void): Promise<Finding> {
  try {
    const { applied } = await migrateDatabase(database, log);
    const news = applied.length === 0 ? '' : ` (${applied.length} migrations applied now)`;
    return well('tables', `as this version needs them${news}`);
  } catch (error) {
    return failed('tables', error);
  }
}

async function checkAccount(account: ServiceAccount, options: CheckOptions): Promise<Finding[]> {
  const { signal, config } = options;
  const name = `account ${account.name}`;
  try {
    const { rows } = await account.pool.queryAlgorithms({ priority: CHECK_PRIORITY, signal });
    return [
      well(name, `the pool accepts its key and mines ${rows.join(', ')}`),
      checkClock(account.pool.offsetMs()),
      well(
        'rate',
        `at most ${config.pool.requestsPerSecond} requests a second per key (scope: ${config.pool.rateScope})`,
      ),
    ];
  } catch (error) {
    return [failed(name, error)];
  }
}

function checkClock(offsetMs: number): Finding {
  const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) return well('clock', 'agrees with the pool');
  return {
    name: 'clock',
    isWell: true,
    text: `this host's clock is ${seconds} s ${offsetMs > 0 ? 'behind' : 'ahead of'} the pool's; requests are signed with the pool's time`,
    hint: 'Let the host set its clock (NTP).',
  };
}

async function checkPool(database: OpenDatabase, options: CheckOptions): Promise<Finding[]> {
  const { config } = options;
  if (config.accounts.length === 0) {
    const hint =
      'Fill in KUCOIN_POOL_API_KEY, KUCOIN_POOL_API_SECRET and KUCOIN_POOL_API_PASSPHRASE in .env.';
    return [{ name: 'accounts', isWell: false, text: 'no API key is set', hint }];
  }
  const service = await SyncService.open({
    ...options,
    accounts: config.accounts,
    databaseUrl: database.url,
    maxConnections: 2,
    metrics: createMetrics(),
  });
  try {
    const findings: Finding[] = [];
    for (const account of service.accounts) findings.push(...(await checkAccount(account, options)));
    return findings;
  } finally {
    await service.close();
  }
}

/** Looks at everything that a sync needs, one finding each; a failure does not stop the others where it need not. */
export async function checkEverything(options: CheckOptions): Promise<readonly Finding[]> {
  const { config, log, signal } = options;
  const findings = [
    well(
      'configuration',
      `${config.accounts.length} account(s), history from ${new Date(config.sync.historyStartMs).toISOString().slice(0, 10)}`,
    ),
  ];
  let database: OpenDatabase;
  try {
    database = await openDatabase(config, { log, signal });
  } catch (error) {
    return [...findings, failed('database', error)];
  }
  try {
    findings.push(well('database', database.describe));
    const tables = await checkTables(database, log);
    findings.push(tables);
    if (!tables.isWell) return findings;
    findings.push(await projectDisk(database, config));
    findings.push(...(await checkPool(database, options)));
    return findings;
  } catch (error) {
    return [...findings, failed('check', error)];
  } finally {
    await database.close();
  }
}
