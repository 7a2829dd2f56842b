/**
 * Failures are classified once, where they occur: `retry` says what may be done about one, and callers only read it.
 *
 * - `never-scope`: asking again for this scope cannot help (a refused parameter, a broken promise).
 * - `never-account`: stops the account at once, until its credentials change or someone syncs it by hand.
 * - `after`: throttled; `retryAfterMs` says how long to wait.
 * - `backoff`: transient (network, server error, maintenance, a database that restarts).
 * - `usage`: the configuration or the command is wrong; exit code 2.
 */
export type Retry = 'never-scope' | 'never-account' | 'after' | 'backoff' | 'usage';

/** Every named failure, and what may be done about it. */
const RETRY_BY_CODE = {
  'config.invalid': 'usage',
  'usage.invalid': 'usage',
  'port.in-use': 'usage',
  'file.refused': 'usage',
  'host.exhausted': 'backoff',
  'network.failed': 'backoff',
  'database.unreachable': 'backoff',
  'database.refused': 'usage',
  'database.newer': 'usage',
  'database.not-migrated': 'usage',
  'database.migration-failed': 'usage',
  'database.failed': 'backoff',
  'database.data-directory': 'usage',
  'database.rejected': 'never-scope',
  'queue.unreachable': 'backoff',
  'queue.refused': 'usage',
  'metabase.unreachable': 'backoff',
  'metabase.refused': 'usage',
  'pacing.unavailable': 'backoff',
  'pool.unreachable': 'backoff',
  'pool.timeout': 'backoff',
  'pool.tls': 'backoff',
  'pool.malformed': 'backoff',
  'pool.too-large': 'never-scope',
  'pool.redirected': 'never-scope',
  'pool.server-error': 'backoff',
  'pool.maintenance': 'backoff',
  'pool.throttled': 'after',
  'pool.refused': 'never-scope',
  'pool.forbidden': 'never-account',
  'pool.unauthorized': 'never-account',
  'pool.missing-credentials': 'never-account',
  'pool.clock': 'backoff',
  'pool.parameter': 'never-scope',
  'pool.not-found': 'never-scope',
  'pool.unknown-code': 'never-scope',
  'account.duplicate': 'never-account',
  'account.changed': 'never-account',
  'sync.inconsistent': 'backoff',
  'sync.superseded': 'backoff',
  'sync.limit': 'backoff',
  'broken-promise': 'never-scope',
  aborted: 'backoff',
} as const satisfies Record<string, Retry>;

export type ErrorCode = keyof typeof RETRY_BY_CODE;

/** The codes that stop an account. */
export type StoppingCode = {
  [Code in ErrorCode]: (typeof RETRY_BY_CODE)[Code] extends 'never-account' ? Code : never;
}[ErrorCode];

/** Default hints, for codes that always need the same one. */
const USUAL_HINT: Partial<Record<ErrorCode, string>> = {
  'sync.inconsistent':
    'It is retried automatically, and what was stored stays. If it lasts for a day, please report it.',
  'sync.superseded': 'Nothing is lost: the next run continues from what the other process stored.',
  'sync.limit':
    'It is retried automatically, and what was stored stays. If it lasts for a day, please report it.',
};

export interface KpoolErrorOptions {
  /** What to do about it, in one sentence, printed after the message; some codes have a default. */
  readonly hint?: string;
  /** How long to wait before the next attempt; for `after`, and for an open circuit. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure with a name. `message` is one clear sentence without secrets, `hint` says what to do about it.
 * The CLI prints both and no stack trace.
 */
export class KpoolError extends Error {
  override readonly name = 'KpoolError';
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: KpoolErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = RETRY_BY_CODE[code];
    this.hint = options.hint ?? USUAL_HINT[code];
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function isKpoolError(error: unknown, code?: ErrorCode): error is KpoolError {
  return error instanceof KpoolError && (code === undefined || error.code === code);
}
