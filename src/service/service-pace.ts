// The pacer of a service, with its log and metrics.
import type { Config } from '../config/config';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/log';
import type { Secret } from '../core/secret';
import { DEFAULT_TIMEOUTS } from '../kucoin';
import type { Metrics } from '../observability/metrics';
import { createPacer, type PacerHandle } from '../pacing/pacer';
import { openPacingDatabase, type PacingDatabase } from '../pacing/pacing-database';
import { logPacing } from './pace-log';
import type { ServiceAccount } from './service-account';

export interface ServicePaceOptions {
  readonly config: Pick<Config, 'pool'>;
  readonly databaseUrl: Secret;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The rate limiter of one process, with its database connection and its log. */
export class ServicePace {
  readonly pacer: PacerHandle;
  private readonly database: PacingDatabase;
  private readonly names = new Map<string, string>();

  constructor({ config, databaseUrl, clock, logger, metrics }: ServicePaceOptions) {
    this.database = openPacingDatabase(databaseUrl);
    this.pacer = createPacer({
      database: this.database,
      clock,
      requestsPerSecond: config.pool.requestsPerSecond,
      scope: config.pool.rateScope,
      totalTimeoutMs: DEFAULT_TIMEOUTS.totalMs,
      onEvent: (event) => logPacing(logger, metrics, (key) => this.names.get(key) ?? '', event),
    });
  }

  /** From now on the log names these accounts instead of their keys. */
  nameKeys(accounts: readonly ServiceAccount[]): void {
    for (const { name, pool } of accounts) this.names.set(pool.fingerprint, name);
  }

  async close(): Promise<void> {
    await this.pacer.stop();
    await this.database.close();
  }
}
