// A migrated database and the service on it: what start, sync and demo open.
import type { AccountCredentials } from '../config/accounts';
import type { Config } from '../config/config';
import type { Clock } from '../core/clock';
import type { KpoolError } from '../core/errors';
import type { Logger } from '../core/log';
import { watchDatabase } from '../database/database-watch';
import { migrateDatabase } from '../database/migrate-database';
import { openDatabase, type OpenDatabase } from '../database/open-database';
import { createMetrics, type Metrics } from '../observability/metrics';
import { STREAMS } from '../sync/registry';
import { SyncService } from './sync-service';

export interface SessionOptions {
  readonly config: Config;
  readonly accounts: readonly AccountCredentials[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly signal: AbortSignal;
  /** Gets lines for people, e.g. while an embedded database starts. */
  readonly log: (line: string) => void;
  /** Called if the database cannot come back on its own: a service should exit and say why. */
  readonly onUnrecoverable?: (error: KpoolError) => void;
}

/** A migrated database and the service on it, for the duration of one command. */
export interface Session {
  readonly database: OpenDatabase;
  readonly service: SyncService;
  close(): Promise<void>;
}

/** Opens the database, migrates it, and opens the service. Throws what these throw. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { config, log, signal, onUnrecoverable = () => undefined } = options;
  const { maxConnections: connections, shares } = config.database;
  const database = await openDatabase(config, { log, signal, connections });
  for (const sentence of [database.warning, database.shortage]) {
    if (sentence !== null) options.logger.warn(sentence);
  }
  const watch = watchDatabase({ ...options, database, onUnrecoverable });
  try {
    await migrateDatabase(database, log);
    const service = await SyncService.open({
      streams: STREAMS,
      config,
      accounts: options.accounts,
      databaseUrl: database.url,
      maxConnections: shares.rows,
      clock: options.clock,
      random: options.random,
      logger: options.logger,
      metrics: options.metrics ?? createMetrics(),
    });
    const close = async (): Promise<void> => {
      await service.close();
      await watch.stop();
      await database.close();
    };
    return { database, service, close };
  } catch (error) {
    await watch.stop();
    await database.close();
    throw error;
  }
}
