import { createHmac } from 'node:crypto';
import { withHost } from '../core/postgres/address';
import { Secret } from '../core/secret';
import type { Config } from './config';

/**
 * Every text in the configuration that may appear in no output (P10): for the logger to scrub. Passwords inside
 * addresses stand for themselves too, and so does each account's signed passphrase, which the pool accepts in
 * place of the passphrase (API specification, "passphrase in the request parameters").
 */
export function secretsOf(config: Config): readonly Secret[] {
  const addresses = [config.database.url, config.redisUrl, config.alertWebhookUrl].filter(
    (url) => url !== null,
  );
  const ofAccounts = config.accounts.flatMap(({ apiKey, apiSecret, apiPassphrase }) => {
    const signed = createHmac('sha256', apiSecret.reveal()).update(apiPassphrase.reveal()).digest('base64');
    return [apiKey, apiSecret, apiPassphrase, new Secret(signed)];
  });
  const token = config.http.token === null ? [] : [config.http.token];
  return [...addresses.flatMap(secretsInAddress), ...token, ...ofAccounts];
}

/**
 * An address and the password in it. A password that repeats the user's or the database's name is left out: it
 * would blot those out wherever they are meant, and so give itself away.
 */
export function secretsInAddress(address: Secret): readonly Secret[] {
  const { username, password, pathname, searchParams } = new URL(withHost(address.reveal()));
  const names = [username, pathname.slice(1), 'kpool', 'postgres'];
  const passwords = [password, decodeURIComponent(password), searchParams.get('password') ?? ''];
  const telling = passwords.filter((text) => text !== '' && !names.includes(text));
  return [address, ...[...new Set(telling)].map((text) => new Secret(text))];
}
