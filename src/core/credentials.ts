import { createHmac } from 'node:crypto';
import { Secret } from './secret';

/** What the user creates at KuCoin Pool > Settings > API Management. */
export interface Credentials {
  readonly apiKey: Secret;
  readonly apiSecret: Secret;
  readonly apiPassphrase: Secret;
}

/**
 * base64(HMAC-SHA256(secret, passphrase)): the `passphrase` parameter, which the pool accepts in place of the
 * passphrase. Source: the specification's "passphrase: in the request parameters". It signs neither the time nor the
 * other parameters, so it is the same in every request of a key.
 */
export function signPassphrase({ apiSecret, apiPassphrase }: Credentials): Secret {
  const hmac = createHmac('sha256', apiSecret.reveal());
  return new Secret(hmac.update(apiPassphrase.reveal()).digest('base64'));
}
