import type { Secret } from '../core/secret';
import { LEAST_CONNECTIONS } from './connection-shares';
import * as kinds from './value-kinds';
import type { ValueKind } from './value-kinds';

/** One environment variable: how it is written, what it is when unset, and whether its value may be shown. */
export interface Variable<T> {
  readonly kind: ValueKind<unknown>;
  /** The default, as a user would write it; null when unset has a meaning of its own. */
  readonly defaultText: string | null;
  /** Also read in lower case, which takes precedence, as in other programs. */
  readonly isAnyCase?: true;
  /** Never shown, and readable from a file named by `NAME_FILE`. */
  readonly isSecret: boolean;
  /** Carries the type only. */
  readonly valueType?: T;
}

function withDefault<T>(kind: ValueKind<T>, defaultText: string): Variable<T> {
  return { kind, defaultText, isSecret: false };
}

function optionalVariable<T>(kind: ValueKind<T>): Variable<T | null> {
  return { kind, defaultText: null, isSecret: false };
}

function secret(kind: ValueKind<string>): Variable<Secret | null> {
  return { kind, defaultText: null, isSecret: true };
}

function anyCase<T>(variable: Variable<T>): Variable<T> {
  return { ...variable, isAnyCase: true };
}

const orUnlimited = ', 0 to keep them without limit';

/**
 * Every variable that the program knows, except the intervals of the streams. `.env.example` explains them; a
 * test compares the two.
 */
export const VARIABLES = {
  KUCOIN_POOL_API_KEY: secret(kinds.credential),
  KUCOIN_POOL_API_SECRET: secret(kinds.credential),
  KUCOIN_POOL_API_PASSPHRASE: secret(kinds.passphrase),
  KUCOIN_POOL_ACCOUNT_NAME: withDefault(kinds.accountNameKind, 'main'),
  KUCOIN_POOL_ACCOUNTS_FILE: optionalVariable(kinds.filePath),

  DATABASE_URL: secret(kinds.postgresAddress),
  DATABASE_PASSWORD: secret(kinds.password),
  DATABASE_MAX_CONNECTIONS: withDefault(kinds.wholeNumber(LEAST_CONNECTIONS, 1_000), '16'),
  REDIS_URL: secret(kinds.redisAddress),
  KPOOL_HOME: withDefault(kinds.filePath, '~/.kpool'),
  KPOOL_PG_PORT: withDefault(kinds.wholeNumber(1, 65_535), '54329'),

  KUCOIN_POOL_BASE_URL: withDefault(kinds.poolAddress, 'https://www.kucoin.com/_api/miningpool'),
  KUCOIN_POOL_REQUESTS_PER_SECOND: withDefault(kinds.wholeNumber(1, 50), '2'),
  KUCOIN_POOL_RATE_SCOPE: withDefault(kinds.oneOf('auto', 'endpoint', 'key'), 'auto'),
  WORKER_DETAILS_SHARE: withDefault(kinds.share, '0.2'),

  HTTPS_PROXY: anyCase(secret(kinds.proxyAddress)),
  HTTP_PROXY: anyCase(secret(kinds.proxyAddress)),
  NO_PROXY: anyCase(withDefault(kinds.hostList, '')),

  COINS: withDefault(kinds.coins, 'BTC,BCH,BSV,FB,LTC,DOGE,BELLS,ETC,ETHW,KAS,DASH,ZEC,CKB'),
  HISTORY_START: withDefault(kinds.utcDate, '2018-01-01'),
  REPORT_TIME_ZONE: withDefault(kinds.timeZone, 'UTC'),

  RECENT_EVERY: withDefault(kinds.interval, '1 day'),
  RECENT_DAYS: withDefault(kinds.wholeNumber(1, 366), '35'),
  FULL_EVERY: withDefault(kinds.interval, '7 days'),
  DORMANT_AFTER_DAYS: withDefault(kinds.wholeNumber(1, 3_660), '45'),

  WORKER_SAMPLES_KEEP_DAYS: withDefault(kinds.wholeNumber(0, 3_660, orUnlimited), '14'),
  WORKER_HOURLY_KEEP_DAYS: withDefault(kinds.wholeNumber(0, 3_660, orUnlimited), '180'),
  WORKER_DAILY_KEEP_DAYS: withDefault(kinds.wholeNumber(0, 36_600, orUnlimited), '0'),
  RUNS_KEEP_DAYS: withDefault(kinds.wholeNumber(0, 3_660, orUnlimited), '400'),

  HTTP_HOST: withDefault(kinds.hostName, '127.0.0.1'),
  HTTP_PORT: withDefault(kinds.wholeNumber(0, 65_535, ', 0 to serve no page'), '8080'),
  HTTP_TOKEN: secret(kinds.accessToken),
  ALERT_WEBHOOK_URL: secret(kinds.webhookAddress),

  METABASE_API_KEY: secret(kinds.password),
  METABASE_EMAIL: optionalVariable(kinds.emailAddress),
  METABASE_PASSWORD: secret(kinds.password),

  LOG_LEVEL: withDefault(kinds.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'info'),
  LOG_FORMAT: withDefault(kinds.oneOf('auto', 'json', 'pretty'), 'auto'),
} as const;

export type VariableName = keyof typeof VARIABLES;

type ValueOf<V> = V extends Variable<infer T> ? T : never;

/** The parsed value of every variable. */
export type Values = { readonly [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> };

/** The part of a stream that the configuration needs. */
export interface ScheduledStream {
  readonly name: string;
  /** Its interval unless configured otherwise, as a user would write it. */
  readonly every: string;
}

/** `EARNINGS_EVERY` for `earnings`. */
export function intervalVariableOf({ name }: Pick<ScheduledStream, 'name'>): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_EVERY`;
}

/** Every variable, the intervals of these streams included. */
export function listVariables(
  streams: readonly ScheduledStream[],
): Readonly<Record<string, Variable<unknown>>> {
  const intervals = streams.map((stream) => [
    intervalVariableOf(stream),
    withDefault(kinds.interval, stream.every),
  ]);
  return { ...VARIABLES, ...(Object.fromEntries(intervals) as Record<string, Variable<number>>) };
}
