import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock';
import { signPassphrase, type Credentials } from '../core/credentials';
import type { Pacer } from '../core/pacer';
import type { PoolEndpoint } from '../core/pool-endpoint';
import type { Secret } from '../core/secret';
import type { Pool } from '../domain/pool';
import type { CircuitEvent } from './account-circuit';
import { AccountCircuit } from './account-circuit';
import type { AttemptContext, PoolAttempt } from './attempt';
import { parseBaseUrl } from './base-url';
import { createCaller } from './caller';
import { accountIncomeEndpoint } from './endpoints/account-income';
import { algorithmsEndpoint } from './endpoints/algorithms';
import { earningsEndpoint } from './endpoints/earnings';
import { rewardsEndpoint } from './endpoints/rewards';
import { subAccountIncomeEndpoint } from './endpoints/sub-account-income';
import { subAccountsEndpoint } from './endpoints/sub-accounts';
import { workerDetailsEndpoint } from './endpoints/worker-details';
import { workersEndpoint } from './endpoints/workers';
import { createRedactor } from './redaction';
import type { RetryPolicy } from './retry-policy';
import { DEFAULT_RETRY_POLICY } from './retry-policy';
import { createServerClock } from './server-clock';
import type { Params } from './signing';
import { fingerprintOf, signQuery } from './signing';
import type { Timeouts } from './timeouts';
import { DEFAULT_TIMEOUTS } from './timeouts';
import { createTransport } from './transport';

export interface PoolClientOptions {
  /** May carry a path prefix, with or without a trailing slash. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  /** A proxy, `http://user:password@host:port`; null or absent: none. */
  readonly proxy?: Secret | null;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly timeouts?: Partial<Timeouts>;
  readonly retries?: Partial<RetryPolicy>;
  /** Called when a request has ended. */
  readonly onAttempt?: (attempt: PoolAttempt) => void;
  /** Called when the account's circuit opens or closes. */
  readonly onCircuit?: (event: CircuitEvent) => void;
}

/**
 * The pool's API for one account. Every method retries transient failures within the retry policy, and otherwise throws
 * a KpoolError without credentials (P10). An item that cannot be parsed is an unreadable row among the others (P8); an
 * answer that is not framed as documented is `pool.malformed`.
 */
export interface PoolClient extends Pool {
  /** Identifies the API key; may be stored and printed. */
  readonly fingerprint: string;
  /** The pool's clock minus the host's, ms. */
  offsetMs(): number;
  /** Requests sent so far. */
  requestCount(): number;
  /** How long the open circuit rejects calls to the endpoint, ms; 0 when closed. */
  pauseMs(endpoint: PoolEndpoint): number;
  /** Aborts calls in flight with `aborted`, and closes every connection. */
  close(): Promise<void>;
}

/** Opens nothing yet. Throws `config.invalid` for an invalid base URL. */
export function createPoolClient(options: PoolClientOptions): PoolClient {
  const { clock, credentials, random } = options;
  const address = parseBaseUrl(options.baseUrl);
  const policy: RetryPolicy = { ...DEFAULT_RETRY_POLICY, ...options.retries };
  const signedPassphrase = signPassphrase(credentials);
  const serverClock = createServerClock(clock);
  const timeouts: Timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const transport = createTransport({
    origin: address.origin,
    timeouts,
    clock,
    proxy: options.proxy ?? null,
  });
  const closing = new AbortController();
  // Every call in flight adds a listener.
  setMaxListeners(0, closing.signal);
  const fingerprint = fingerprintOf(credentials.apiKey);
  let requestCount = 0;

  const context: AttemptContext = {
    transport,
    pacer: options.pacer,
    clock,
    serverClock,
    redactor: createRedactor(credentials, signedPassphrase),
    fingerprint,
    sign: (endpoint: PoolEndpoint, params: Params) =>
      `${address.prefix}/v1/external/${endpoint}?${signQuery(credentials, signedPassphrase, params, serverClock.now())}`,
    onDispatch: () => {
      requestCount++;
    },
    onAttempt: options.onAttempt ?? (() => undefined),
  };
  const onEvent = options.onCircuit ?? (() => undefined);
  const circuit = new AccountCircuit({ context, policy, random, onEvent });
  const call = createCaller(context, circuit, { policy, random, closing: closing.signal });

  return {
    fingerprint,
    now: () => serverClock.now(),
    offsetMs: () => serverClock.offsetMs(),
    requestCount: () => requestCount,
    pauseMs: (endpoint) => circuit.pauseMs(endpoint),
    queryAlgorithms: (o) => call(algorithmsEndpoint, undefined, o),
    querySubAccounts: (o) => call(subAccountsEndpoint, undefined, o),
    queryEarnings: (query, o) => call(earningsEndpoint, query, o),
    queryRewards: (query, o) => call(rewardsEndpoint, query, o),
    queryWorkers: (query, o) => call(workersEndpoint, query, o),
    getWorker: (query, o) => call(workerDetailsEndpoint, query, o),
    queryAccountIncome: (coinName, o) => call(accountIncomeEndpoint, coinName, o),
    querySubAccountIncome: (coinName, o) => call(subAccountIncomeEndpoint, coinName, o),
    async close() {
      closing.abort();
      await transport.close();
    },
  };
}
