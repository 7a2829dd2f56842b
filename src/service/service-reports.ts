// What a service reads from report: problems, activity, alerts.
import { createAlertRounds, openWebhook, type AlertRound } from '../alerts/alert-rounds';
import type { Config } from '../config/config';
import type { Logger } from '../core/log';
import { createLastingPostgres, type LastingPostgres } from '../core/postgres/driver';
import type { Secret } from '../core/secret';
import { readSyncActivity, type SyncActivity } from '../report/status/sync-activity';
import { judge, type Wellness } from '../report/wellness/judge';
import { readWellnessFacts } from '../report/wellness/read-facts';
import { PrismaAlertStore } from '../store/alerts/alert-store';
import type { PrismaClient } from '../store/generated/client';
import type { ServiceAccount } from './service-account';

export interface ServiceReportsOptions {
  readonly config: Pick<Config, 'proxies'>;
  readonly databaseUrl: Secret;
  readonly client: PrismaClient;
  readonly accounts: readonly ServiceAccount[];
  readonly logger: Logger;
}

/** Reports of a process about its accounts. Connects to the database on first use. */
export class ServiceReports {
  private readonly options: ServiceReportsOptions;
  private readonly facts: LastingPostgres;

  constructor(options: ServiceReportsOptions) {
    this.options = options;
    this.facts = createLastingPostgres({ url: options.databaseUrl, applicationName: 'kpool' });
  }

  /** The state of this process's accounts. */
  async readWellness(): Promise<Wellness> {
    const names = this.options.accounts.map(({ name }) => name);
    return judge(await readWellnessFacts(await this.facts.open(), names));
  }

  /** Totals of all syncs so far, of every process. */
  async readActivity(): Promise<SyncActivity> {
    return readSyncActivity(await this.facts.open());
  }

  /**
   * Rounds of alerts about this process's accounts; `run` should be called about once a minute. With `webhookUrl` null
   * a round sends nothing. `scrub` removes secrets from what is sent; `signal` aborts a message being sent.
   */
  createAlertRounds(
    webhookUrl: Secret | null,
    scrub: (text: string) => string,
    signal?: AbortSignal,
  ): { run(): Promise<AlertRound> } {
    const { client, config, accounts, logger } = this.options;
    return createAlertRounds({
      store: new PrismaAlertStore(client),
      webhook: webhookUrl === null ? null : openWebhook(webhookUrl, config, signal),
      readWellness: () => this.readWellness(),
      accountIds: new Map(accounts.map(({ name, accountId }) => [name, accountId])),
      logger,
      scrub,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async close(): Promise<void> {
    await this.facts.close();
  }
}
