import { KpoolError } from '../core/errors';
import type { Timeouts } from './timeouts';
import { ProxyFailure } from './tunnel';

/** Why the transport ended a request itself. */
export type StopReason = 'caller' | 'headers' | 'body' | 'total' | 'size';

const UNREACHABLE_BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'its name is not known to the DNS',
  EAI_AGAIN: 'the DNS does not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no network',
  EADDRNOTAVAIL: 'no free local address',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_CLOSED: 'the client is closed',
  UND_ERR_DESTROYED: 'the client is closed',
};

const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|EPROTO|CRL_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;

const TLS_REASON_BY_CODE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that this machine does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer of its certificate is not known to this machine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer of its certificate is not known to this machine',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};

/**
 * A failure below HTTP as a KpoolError; `origin` says where the pool is and how it is reached. Only the code name of
 * the original is kept: undici's errors can refer to the request, and thus to the signed query (P10).
 */
export function transportError(
  error: unknown,
  origin: string,
  stopped: StopReason | null,
  timeouts: Timeouts,
): KpoolError {
  const place = `The pool at ${origin}`;
  switch (stopped) {
    case 'caller':
      return new KpoolError('aborted', 'Stopped on request.');
    case 'headers':
      return timeout(`${place} accepted the request but did not answer in time`, timeouts.headersMs);
    case 'body':
      return timeout(`${place} stopped sending in the middle of an answer`, timeouts.bodyMs);
    case 'total':
      return timeout(`${place} did not complete its answer in time`, timeouts.totalMs);
    case 'size':
      return tooLarge(origin);
    case null:
      return error instanceof ProxyFailure
        ? fromProxy(error, timeouts)
        : fromCode(codeNameOf(error), place, timeouts);
  }
}

const PROXY_HINT =
  'Check HTTPS_PROXY; NO_PROXY names hosts that are reached without a proxy. It is retried automatically.';

function fromProxy(failure: ProxyFailure, timeouts: Timeouts): KpoolError {
  const { proxyOrigin, httpStatus, hasCredentials, cause } = failure;
  const place = `The proxy at ${proxyOrigin}`;
  if (httpStatus === null) {
    const { code, message } = fromCode(codeNameOf(cause), place, timeouts);
    return new KpoolError(code, message, { hint: PROXY_HINT });
  }
  if (httpStatus === 407) {
    const says = hasCredentials
      ? 'refuses the user or the password in HTTPS_PROXY'
      : 'wants a user and a password';
    return new KpoolError('pool.unreachable', `${place} ${says} (HTTP 407).`, {
      hint: 'HTTPS_PROXY=http://user:password@host:port, special characters percent-encoded.',
    });
  }
  return new KpoolError('pool.unreachable', `${place} does not connect to the pool (HTTP ${httpStatus}).`, {
    hint: `Let it allow that host, if it is a proxy at all. ${PROXY_HINT}`,
  });
}

/** An answer beyond the size limit, compressed or not. */
export function tooLarge(origin: string): KpoolError {
  return new KpoolError('pool.too-large', `The pool at ${origin} sent an answer larger than 16 MiB.`, {
    hint: 'No page of the pool is that large: check that KUCOIN_POOL_BASE_URL names the pool.',
  });
}

/** `limitMs`: null when the limit was not ours. */
function timeout(sentence: string, limitMs: number | null): KpoolError {
  const limit = limitMs === null ? '' : ` (${limitMs / 1_000} s)`;
  return new KpoolError('pool.timeout', `${sentence}${limit}.`, {
    hint: 'It is retried automatically. If it lasts, check the network and KUCOIN_POOL_BASE_URL.',
  });
}

function fromCode(code: string, place: string, { connectMs }: Timeouts): KpoolError {
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT' || code === TIMED_OUT)
    return timeout(`${place} does not accept a connection in time`, code === 'ETIMEDOUT' ? null : connectMs);
  if (TLS_CODE.test(code)) {
    const reason = TLS_REASON_BY_CODE[code] === undefined ? code : `${TLS_REASON_BY_CODE[code]}, ${code}`;
    return new KpoolError('pool.tls', `${place} could not prove its identity (${reason}).`, {
      hint:
        'Check KUCOIN_POOL_BASE_URL and the date of this host. Behind a proxy that opens TLS connections, name the file ' +
        'of its authority in NODE_EXTRA_CA_CERTS.',
    });
  }
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('UND_ERR_RES_'))
    return new KpoolError('pool.malformed', `${place} answered something that is not HTTP (${code}).`, {
      hint: 'Check KUCOIN_POOL_BASE_URL and proxies on the way.',
    });
  const reason = UNREACHABLE_BY_CODE[code] ?? code;
  return new KpoolError('pool.unreachable', `${place} does not answer (${reason}).`, {
    hint: 'Check the network and KUCOIN_POOL_BASE_URL; it is retried automatically.',
  });
}

const NAMELESS = 'unknown network failure';
const TIMED_OUT = 'TIMED_OUT';

/** The error's code name, which holds capitals, digits and underscores only. */
function codeNameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return NAMELESS;
  // undici's parser gives a code to some of its failures, and its own name to all.
  if ('name' in error && error.name === 'HTTPParserError') return 'HPE_INVALID';
  if ('name' in error && error.name === 'TimeoutError') return TIMED_OUT;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return NAMELESS;
}
