import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../core/secret';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether a request may see the pages: without a token everyone may (the page is bound to this machine then). The
 * token comes as `Authorization: Bearer …`, or as the password of HTTP's own dialog, for people with a browser.
 */
export function mayEnter(token: Secret | null, authorization: string | undefined): boolean {
  if (token === null) return true;
  const [scheme = '', credentials = ''] = (authorization ?? '').split(' ', 2);
  const presented =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(credentials, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
      : scheme.toLowerCase() === 'bearer'
        ? credentials
        : '';
  return timingSafeEqual(digest(presented), digest(token.reveal()));
}
