import type { KeepDays } from '../core/keep-days';
import { addPassword } from '../core/postgres/address';
import type { Secret } from '../core/secret';
import type { AccountCredentials } from './accounts';
import { shareConnections, type ConnectionShares } from './connection-shares';
import type { Values } from './variables';

/** The checked configuration. Deeply frozen; secrets do not print. */
export interface Config {
  /** Absolute path of the folder for the embedded PostgreSQL. */
  readonly home: string;
  readonly database: {
    /** Null: an embedded PostgreSQL under `home`. */
    readonly url: Secret | null;
    readonly embeddedPort: number;
    /** Of one process, all its drivers together. */
    readonly maxConnections: number;
    readonly shares: ConnectionShares;
  };
  /** Null: queues live in PostgreSQL. */
  readonly redisUrl: Secret | null;
  /** Empty when no credentials are set: `requireAccounts` says what to do. */
  readonly accounts: readonly AccountCredentials[];
  readonly pool: {
    /** Without a slash at its end. */
    readonly baseUrl: string;
    /** Arrivals in any 1-second window (P6). */
    readonly requestsPerSecond: number;
    readonly rateScope: Values['KUCOIN_POOL_RATE_SCOPE'];
    /** The share of the rate, 0 to 1, that the round of `worker/get` may use; 0: no such round. */
    readonly workerDetailsShare: number;
  };
  readonly proxies: {
    readonly https: Secret | null;
    readonly http: Secret | null;
    /** Lower-case hosts that are reached without a proxy. */
    readonly except: readonly string[];
  };
  readonly sync: {
    /** Upper-case, each once. */
    readonly coins: readonly string[];
    /** Midnight in UTC, ms since the epoch. */
    readonly historyStartMs: number;
    /** How often each stream is synced, by its name. */
    readonly everyMs: Readonly<Record<string, number>>;
    /** How often the last `recentDays` are read again. */
    readonly recentEveryMs: number;
    readonly recentDays: number;
    /** How often everything is read again. */
    readonly fullEveryMs: number;
    readonly dormantAfterDays: number;
  };
  readonly report: { readonly timeZone: string };
  readonly keepDays: KeepDays;
  readonly http: {
    readonly host: string;
    /** Null: no page is served. */
    readonly port: number | null;
    readonly token: Secret | null;
  };
  readonly alertWebhookUrl: Secret | null;
  /** For `kpool metabase setup`. */
  readonly metabase: {
    readonly apiKey: Secret | null;
    readonly email: string | null;
    readonly password: Secret | null;
  };
  readonly log: { readonly level: Values['LOG_LEVEL']; readonly format: Values['LOG_FORMAT'] };
  /** Warnings, one sentence each, to be shown once. */
  readonly warnings: readonly string[];
}

export function buildConfig(
  values: Values,
  everyMs: Readonly<Record<string, number>>,
  accounts: readonly AccountCredentials[],
  warnings: readonly string[],
): Config {
  const zeroIsNull = (value: number) => (value === 0 ? null : value);
  return deepFreeze({
    home: values.KPOOL_HOME,
    database: {
      url: databaseUrlOf(values),
      embeddedPort: values.KPOOL_PG_PORT,
      maxConnections: values.DATABASE_MAX_CONNECTIONS,
      shares: shareConnections(values.DATABASE_MAX_CONNECTIONS, values.REDIS_URL === null),
    },
    redisUrl: values.REDIS_URL,
    accounts,
    pool: {
      baseUrl: values.KUCOIN_POOL_BASE_URL,
      requestsPerSecond: values.KUCOIN_POOL_REQUESTS_PER_SECOND,
      rateScope: values.KUCOIN_POOL_RATE_SCOPE,
      workerDetailsShare: values.WORKER_DETAILS_SHARE,
    },
    proxies: { https: values.HTTPS_PROXY, http: values.HTTP_PROXY, except: values.NO_PROXY },
    sync: {
      coins: values.COINS,
      historyStartMs: values.HISTORY_START,
      everyMs,
      recentEveryMs: values.RECENT_EVERY,
      recentDays: values.RECENT_DAYS,
      fullEveryMs: values.FULL_EVERY,
      dormantAfterDays: values.DORMANT_AFTER_DAYS,
    },
    report: { timeZone: values.REPORT_TIME_ZONE },
    keepDays: {
      workerSamples: zeroIsNull(values.WORKER_SAMPLES_KEEP_DAYS),
      workerHourly: zeroIsNull(values.WORKER_HOURLY_KEEP_DAYS),
      workerDaily: zeroIsNull(values.WORKER_DAILY_KEEP_DAYS),
      runs: zeroIsNull(values.RUNS_KEEP_DAYS),
    },
    http: { host: values.HTTP_HOST, port: zeroIsNull(values.HTTP_PORT), token: values.HTTP_TOKEN },
    alertWebhookUrl: values.ALERT_WEBHOOK_URL,
    metabase: {
      apiKey: values.METABASE_API_KEY,
      email: values.METABASE_EMAIL,
      password: values.METABASE_PASSWORD,
    },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    warnings,
  });
}

function databaseUrlOf({ DATABASE_URL: url, DATABASE_PASSWORD: password }: Values): Secret | null {
  return url === null || password === null ? url : addPassword(url, password);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value) as unknown[]) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
