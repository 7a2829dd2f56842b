import { createHash } from 'node:crypto';
import type { Credentials } from '../core/credentials';
import type { Secret } from '../core/secret';

/** Query parameters of an endpoint; undefined ones are omitted. */
export type Params = Readonly<Record<string, string | undefined>>;

const API_VERSION = '2';
const FINGERPRINT_LENGTH = 16;

/** The query string of one signed request. It contains credentials: it is passed to the socket and nowhere else. */
export function signQuery(
  credentials: Credentials,
  signedPassphrase: Secret,
  params: Params,
  timestampMs: number,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined) query.set(name, value);
  query.set('key', credentials.apiKey.reveal());
  query.set('timestamp', String(Math.round(timestampMs)));
  query.set('passphrase', signedPassphrase.reveal());
  query.set('version', API_VERSION);
  return query.toString();
}

/** A name for an API key that may be stored and printed: the first 16 hex digits of its SHA-256. */
export function fingerprintOf(apiKey: Secret): string {
  return createHash('sha256').update(apiKey.reveal()).digest('hex').slice(0, FINGERPRINT_LENGTH);
}
