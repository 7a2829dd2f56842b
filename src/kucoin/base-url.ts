import { KpoolError } from '../core/errors';

/** Where the pool is. */
export interface PoolAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path prefix without a trailing slash; may be empty. */
  readonly prefix: string;
}

/** Reads a base URL, which may carry a path prefix and a trailing slash. Throws `config.invalid`. */
export function parseBaseUrl(baseUrl: string): PoolAddress {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  const isPlain =
    url !== null &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!isPlain)
    throw new KpoolError('config.invalid', 'The address of the pool is not a plain http(s) URL.', {
      hint: 'KUCOIN_POOL_BASE_URL holds scheme, host and path only, e.g. https://www.kucoin.com/_api/miningpool.',
    });
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
}
