import { createHash, createHmac } from 'node:crypto';
import { Secret } from '../core/secret';

/** What the user creates at KuCoin Pool > Settings > API Management. */
export interface Credentials {
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  readonly apiPassphrase: Secret;
}

/** Query parameters of an endpoint; undefined ones are not sent. */
export type Params = Readonly<Record<string, string | undefined>>;

const API_VERSION = '2';
const FINGERPRINT_LENGTH = 16;

/**
 * base64(HMAC-SHA256(secret, passphrase)): the `passphrase` parameter.
 * Source: the specification's "passphrase: in the request parameters". It covers neither the time nor the other
 * parameters, so it is the same in every request of a key.
 */
export function signPassphrase(credentials: Credentials): Secret {
  const hmac = createHmac('sha256', credentials.apiSecret.reveal());
  return new Secret(hmac.update(credentials.apiPassphrase.reveal()).digest('base64'));
}

/** The query string of one signed request. It holds the credentials: it goes to the socket and nowhere else. */
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
