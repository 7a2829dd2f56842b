import { signPassphrase } from '../core/credentials';
import { Secret } from '../core/secret';
import type { Config } from './config';

/** Every secret text in the configuration (P10), and what is derived from it, for the log to scrub. */
export function secretsOf(config: Config): readonly Secret[] {
  return [
    ...listSecretsIn(config).flatMap(partsOf),
    ...config.accounts.map((account) => signPassphrase(account)),
  ];
}

/** The `Secret`s in a value, at any depth. */
function listSecretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listSecretsIn) : [];
}

function partsOf(secret: Secret): readonly Secret[] {
  const text = secret.reveal();
  return text.includes('://') && URL.canParse(text) ? listSecretsInAddress(secret) : [secret];
}

/**
 * An address and the password in it. A password that equals the user's or the database's name is left out: redacting it
 * would remove those names everywhere, and thereby reveal it.
 */
export function listSecretsInAddress(address: Secret): readonly Secret[] {
  const { username, password, pathname, searchParams } = new URL(address.reveal());
  const names = [username, pathname.slice(1), 'kpool', 'postgres'];
  const passwords = [password, decodeURIComponent(password), searchParams.get('password') ?? ''];
  const telling = passwords.filter((text) => text !== '' && !names.includes(text));
  return [address, ...[...new Set(telling)].map((text) => new Secret(text))];
}
