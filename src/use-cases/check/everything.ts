// kpool check: every line of it, from the configuration to the rate.
import type { Config } from '../../config/config';
import type { Clock } from '../../core/clock';
import type { Logger } from '../../core/log';
import { plural } from '../../core/plural';
import type { Secret } from '../../core/secret';
import { migrateDatabase } from '../../database/migrate-database';
import { openDatabase, type OpenDatabase } from '../../database/open-database';
import { createMetrics } from '../../observability/metrics';
import { describeLostRecord } from '../../service/pace-log';
import { SyncService } from '../../service/sync-service';
import { STREAMS } from '../../sync/registry';
import { checkAccount } from './account';
import { projectDisk } from './disk-projection';
import { checkFleetPace } from './fleet-pace';
import { checkProxies } from './proxies';
import { failedCheck, passedCheck, type CheckResult } from './result';

export interface CheckOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** Returns where the jobs are, in words; throws if the queue does not answer. */
  readonly askQueue: (databaseUrl: Secret) => Promise<string>;
}

async function checkQueue({ url }: OpenDatabase, { askQueue }: CheckOptions): Promise<CheckResult> {
  try {
    return passedCheck('queue', await askQueue(url));
  } catch (error) {
    return failedCheck('queue', error);
  }
}

function describeConnections({ shortage }: OpenDatabase, { database }: Config): CheckResult {
  const name = 'connections';
  if (shortage === null) return passedCheck(name, `this process takes at most ${database.maxConnections}`);
  const hint = 'Raise the limit, stop what holds them (pg_stat_activity), or lower DATABASE_MAX_CONNECTIONS.';
  return { name, isWell: false, text: shortage, hint };
}

/** Pending migrations are applied, as every command that works with the database would. */
async function checkTables(database: OpenDatabase, log: (line: string) => void): Promise<CheckResult> {
  try {
    const { applied } = await migrateDatabase(database, log);
    const news = applied.length === 0 ? '' : ` (${applied.length} migrations applied now)`;
    return passedCheck('tables', `as this version needs them${news}`);
  } catch (error) {
    return failedCheck('tables', error);
  }
}

/** A check without output for longer than this seems to hang. */
const MAX_PACE_WAIT_MS = 5_000;

function describeUnaskedPool(lostRecordMs: number): CheckResult {
  return {
    name: 'rate',
    isWell: false,
    text: `the pool was not asked: ${describeLostRecord(lostRecordMs)}`,
    hint: 'Check again then. A running service continues without help.',
  };
}

async function checkPool(database: OpenDatabase, options: CheckOptions): Promise<CheckResult[]> {
  const { config } = options;
  if (config.accounts.length === 0) {
    const hint =
      'Fill in KUCOIN_POOL_API_KEY, KUCOIN_POOL_API_SECRET and KUCOIN_POOL_API_PASSPHRASE in .env.';
    return [{ name: 'accounts', isWell: false, text: 'no API key is set', hint }];
  }
  const service = await SyncService.open({
    streams: STREAMS,
    ...options,
    accounts: config.accounts,
    databaseUrl: database.url,
    maxConnections: 2,
    metrics: createMetrics(),
  });
  try {
    const results: CheckResult[] = [];
    const lostRecordMs = await service.lostRecordMs();
    if (lostRecordMs > MAX_PACE_WAIT_MS) return [describeUnaskedPool(lostRecordMs)];
    for (const account of service.accounts) {
      const isPacedAsWhole = (key: string): boolean => service.paceLevelOf(key) === 'key';
      results.push(...(await checkAccount(account, config, isPacedAsWhole, options.signal)));
    }
    return results;
  } finally {
    await service.close();
  }
}

/** Checks everything that a sync needs, one result each. Where possible, a failure does not stop the other checks. */
export async function checkEverything(options: CheckOptions): Promise<readonly CheckResult[]> {
  const { config, log, signal } = options;
  const results = [
    passedCheck(
      'configuration',
      `${config.accounts.length} ${plural(config.accounts.length, 'account')}, history from ${new Date(config.sync.historyStartMs).toISOString().slice(0, 10)}`,
    ),
  ];
  results.push(...checkProxies(config));
  let database: OpenDatabase;
  try {
    database = await openDatabase(config, { log, signal, connections: config.database.maxConnections });
  } catch (error) {
    return [...results, failedCheck('database', error)];
  }
  try {
    results.push(passedCheck('database', database.describe, database.warning));
    results.push(describeConnections(database, config));
    const tables = await checkTables(database, log);
    results.push(tables);
    if (!tables.isWell) return results;
    results.push(await projectDisk(database, config));
    results.push(...(await checkFleetPace(database, config)));
    results.push(await checkQueue(database, options));
    results.push(...(await checkPool(database, options)));
    return results;
  } catch (error) {
    return [...results, failedCheck('check', error)];
  } finally {
    await database.close();
  }
}
