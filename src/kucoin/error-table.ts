import type { ErrorCode } from '../core/errors';

/** What a documented failure means for us, and what the user may do about it. */
export interface Meaning {
  readonly code: ErrorCode;
  /** A clause that follows "The pool". */
  readonly says: string;
  readonly hint: string;
}

const AUTOMATICALLY = 'It is retried automatically.';
const CHECK_KEY =
  'Compare the API key, secret and passphrase with KuCoin Pool > Settings > API Management; nothing more is sent ' +
  'for this account until they change.';
const CHECK_URL = 'Check that KUCOIN_POOL_BASE_URL names the pool (https://www.kucoin.com/_api/miningpool).';
/** Too many requests: a status, a system code and a message can each say so. */
export const THROTTLED: Meaning = {
  code: 'pool.throttled',
  says: 'says that requests come too often',
  hint: 'The pace is lowered automatically; look for another program that uses the same API key.',
};
const OUR_MISTAKE = 'Asking again cannot help: please report it with the output of `kpool status`.';

/** What to do about a 403 whose meaning is still unknown. */
export const REFUSED_HINT =
  'Wait some minutes and try again, and look for another program that uses the same API key; if it persists, check the ' +
  'permissions and IP restrictions of the key (KuCoin Pool > Settings > API Management), and that KuCoin serves your region.';

/** The specification's system codes, except those of success. */
export type SystemCode = '200002' | '400001' | '400002' | '400003' | '400004' | '400100' | '500000';

/** Source: the specification's table of system error codes. */
const MEANING_BY_SYSTEM_CODE = {
  '200002': THROTTLED,
  '400001': {
    code: 'pool.missing-credentials',
    says: 'does not find the API key, timestamp, passphrase or version in the request',
    hint: CHECK_KEY,
  },
  '400002': {
    code: 'pool.clock',
    says: 'refuses the timestamp of the request',
    hint: 'Synchronise the clock of this host (NTP): the pool allows a difference of 5 seconds.',
  },
  '400003': { code: 'pool.unauthorized', says: 'does not know the API key', hint: CHECK_KEY },
  '400004': {
    code: 'pool.unauthorized',
    says: 'refuses the passphrase; a wrong API secret looks exactly the same',
    hint: CHECK_KEY,
  },
  '400100': { code: 'pool.parameter', says: 'refuses a parameter of the request', hint: OUR_MISTAKE },
  '500000': { code: 'pool.server-error', says: 'reports an internal error', hint: AUTOMATICALLY },
} as const satisfies Record<SystemCode, Meaning>;

/** The specification's HTTP statuses, and those that gateways and proxies add. */
export type HttpStatus = 400 | 401 | 403 | 404 | 405 | 408 | 415 | 429 | 500 | 502 | 503 | 504;

/** Source: the specification's table of HTTP errors; 408, 429, 502 and 504 are HTTP's own. */
const MEANING_BY_HTTP_STATUS = {
  400: { code: 'pool.parameter', says: 'says that the request is malformed', hint: OUR_MISTAKE },
  401: {
    code: 'pool.unauthorized',
    says: 'refuses the API key; a wrong secret or passphrase may look the same',
    hint: CHECK_KEY,
  },
  // Ambiguous by the specification: too many requests, or forbidden when it persists (`refusals.ts`).
  403: {
    code: 'pool.throttled',
    says: 'refuses requests for now: too many of them, or forbidden',
    hint: REFUSED_HINT,
  },
  404: { code: 'pool.not-found', says: 'does not know the address', hint: CHECK_URL },
  405: { code: 'pool.not-found', says: 'does not answer GET at the address', hint: CHECK_URL },
  408: { code: 'pool.timeout', says: 'did not receive the request in time', hint: AUTOMATICALLY },
  415: { code: 'pool.parameter', says: 'refuses the content type of the request', hint: OUR_MISTAKE },
  429: THROTTLED,
  500: { code: 'pool.server-error', says: 'reports an internal error', hint: AUTOMATICALLY },
  502: { code: 'pool.server-error', says: 'cannot be reached by its own gateway', hint: AUTOMATICALLY },
  503: { code: 'pool.maintenance', says: 'is under maintenance', hint: AUTOMATICALLY },
  504: { code: 'pool.server-error', says: 'does not answer its own gateway in time', hint: AUTOMATICALLY },
} as const satisfies Record<HttpStatus, Meaning>;

/** A persistent 403 for every request, although hardly any are sent. */
export const FORBIDDEN: Meaning = {
  code: 'pool.forbidden',
  says: 'keeps refusing whatever is asked with this API key, however rarely: it is forbidden',
  hint:
    'Check the permissions and IP restrictions of the API key, and that KuCoin serves your region. It is retried once an ' +
    'hour automatically.',
};

/** A 403 for one list, while other requests with the key are answered. */
export const REFUSED_ALONE: Meaning = {
  code: 'pool.refused',
  says: 'refuses this list, although it answers others of the same API key',
  hint: 'Check whether the API key may read this sub-account; it is retried automatically, less and less often.',
};

/** An undocumented failure that the pool itself marks as worth retrying. */
export const UNKNOWN_TRANSIENT: Meaning = {
  code: 'pool.server-error',
  says: 'reports a failure that its documentation does not name, and asks to try again',
  hint: AUTOMATICALLY,
};

export const UNKNOWN_CODE: Meaning = {
  code: 'pool.unknown-code',
  says: 'reports a failure that its documentation does not name',
  hint: 'Look at the message; an immediate retry would not help.',
};

/**
 * What a system code means. Besides the documented ones, KuCoin's gateways write an HTTP status as the code, alone
 * (`429`) or followed by three zeros (`429000`), like the documented `500000`.
 */
export function findSystemMeaning(code: string): Meaning | null {
  if (Object.hasOwn(MEANING_BY_SYSTEM_CODE, code)) return MEANING_BY_SYSTEM_CODE[code as SystemCode];
  const status = /^([45]\d\d)(?:000)?$/.exec(code)?.[1];
  return status === undefined ? null : findHttpMeaning(Number(status));
}

export function findHttpMeaning(status: number): Meaning | null {
  if (Object.hasOwn(MEANING_BY_HTTP_STATUS, status)) return MEANING_BY_HTTP_STATUS[status as HttpStatus];
  return status >= 500 && status <= 599 ? MEANING_BY_HTTP_STATUS[500] : null;
}
