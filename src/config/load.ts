import { isLoopbackHost } from '../core/loopback';
import { hasPassword } from '../core/postgres/address';
import { readAccountsFile, type AccountCredentials } from './accounts';
import { buildConfig, type Config } from './config';
import { readEnvFile, type Environment } from './env-file';
import { Mistakes } from './mistakes';
import { readValues, type ReadValues, type Source } from './read-values';
import { intervalVariableOf, listVariables, type ScheduledStream, type VariableName } from './variables';

const CREDENTIALS = ['KUCOIN_POOL_API_KEY', 'KUCOIN_POOL_API_SECRET', 'KUCOIN_POOL_API_PASSPHRASE'] as const;

export interface LoadOptions {
  /** Streams that have an interval. Default: none. */
  readonly streams?: readonly ScheduledStream[];
  /** A `.env` file, which need not exist; environment variables override it. */
  readonly envFile?: string;
  /** The current time, ms since the epoch: a later HISTORY_START is a mistake. Default: not checked. */
  readonly nowMs?: number;
}

/**
 * The configuration from the environment and a `.env` file. Throws one `config.invalid` that lists
 * every mistake: the variable, what was found (never a secret) and what was expected.
 */
export function loadConfig(env: Environment, options: LoadOptions = {}): Config {
  const mistakes = new Mistakes();
  const sources: Source[] = [{ label: '', variables: env }];
  if (options.envFile !== undefined) {
    sources.push({ label: ` in ${options.envFile}`, variables: readEnvFile(options.envFile, mistakes) });
  }
  const { streams = [] } = options;
  const read = readValues(listVariables(streams), sources, mistakes);
  const accounts = readAccountCredentials(read, mistakes);
  reportMissingToken(read, mistakes);
  reportUnusedPassword(read, mistakes);
  reportFutureHistory(read, options.nowMs ?? Infinity, mistakes);
  mistakes.throwIfAny();
  const everyMs = Object.fromEntries(
    streams.map((stream) => [stream.name, Number(read.values[intervalVariableOf(stream)])]),
  );
  return buildConfig(read.values, everyMs, accounts, mistakes.warnings);
}

/** Accounts come from the three variables of a single one, or from a file of many, never from both. */
function readAccountCredentials(
  { values, given }: ReadValues,
  mistakes: Mistakes,
): readonly AccountCredentials[] {
  const file = values.KUCOIN_POOL_ACCOUNTS_FILE;
  const set = CREDENTIALS.filter((name) => given.has(name));
  if (file !== null) {
    const ofOneAccount: readonly VariableName[] = [...CREDENTIALS, 'KUCOIN_POOL_ACCOUNT_NAME'];
    const alsoSet = ofOneAccount.filter((name) => given.has(name));
    if (alsoSet.length > 0) {
      mistakes.add(
        'KUCOIN_POOL_ACCOUNTS_FILE',
        `a file although ${alsoSet.join(', ')} is set too`,
        'only one of the two ways',
      );
    }
    return readAccountsFile(file, mistakes);
  }
  const {
    KUCOIN_POOL_API_KEY: apiKey,
    KUCOIN_POOL_API_SECRET: apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: apiPassphrase,
  } = values;
  if (apiKey !== null && apiSecret !== null && apiPassphrase !== null) {
    return [{ name: values.KUCOIN_POOL_ACCOUNT_NAME, apiKey, apiSecret, apiPassphrase }];
  }
  if (set.length > 0) {
    for (const name of CREDENTIALS.filter((candidate) => !given.has(candidate))) {
      mistakes.add(name, 'nothing', `a value, as ${set.join(' and ')} is set`);
    }
  }
  return [];
}

/** The page shows income, so it needs a token if other machines can reach it. */
function reportMissingToken({ values, given }: ReadValues, mistakes: Mistakes): void {
  const { HTTP_HOST: host, HTTP_PORT: port } = values as {
    readonly HTTP_HOST: string | null;
    readonly HTTP_PORT: number | null;
  };
  // A wrong host or port is null here and was reported already.
  if (host === null || port === null || port === 0 || given.has('HTTP_TOKEN') || isLoopbackHost(host)) return;
  mistakes.add('HTTP_TOKEN', 'nothing', `a token, as HTTP_HOST ${host} can be reached from other machines`);
}

/** A password needs an address, and must be set in one place only. */
function reportUnusedPassword({ values, given }: ReadValues, mistakes: Mistakes): void {
  const { DATABASE_URL: url, DATABASE_PASSWORD: password } = values;
  if (password === null) return;
  if (!given.has('DATABASE_URL')) {
    mistakes.warn('DATABASE_PASSWORD is not used without DATABASE_URL.');
  } else if (url !== null && hasPassword(url.reveal())) {
    mistakes.add('DATABASE_PASSWORD', 'a password although DATABASE_URL holds one', 'only one of the two');
  }
}

function reportFutureHistory({ values }: ReadValues, nowMs: number, mistakes: Mistakes): void {
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  // A wrong date is null here and was reported already; null is never later.
  if (values.HISTORY_START <= nowMs) return;
  mistakes.add(
    'HISTORY_START',
    `${dayOf(values.HISTORY_START)}, a day to come`,
    `a day up to ${dayOf(nowMs)}`,
  );
}
