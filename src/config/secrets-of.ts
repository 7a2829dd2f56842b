import { signPassphrase } from '../core/credentials';
import { Secret } from '../core/secret';
import type { Config } from './config';

/** Every text in the configuration that may appear in no output (P10), with what follows from it: for the log to scrub. */
export function secretsOf(config: Config): readonly Secret[] {
  return [
    ...secretsIn(config).flatMap(partsOf),
    ...config.accounts.map((account) => signPassphrase(account)),
  ];
}

/** A value that is told to nobody is a `Secret`, wherever it stands. */
function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}

function partsOf(secret: Secret): readonly Secret[] {
  const text = secret.reveal();
  return text.includes('://') && URL.canParse(text) ? secretsInAddress(secret) : [secret];
}

/**
 * An address and the password in it. A password that repeats the user's or the database's name is left out: it
 * would blot those out wherever they are meant, and so give itself away.
 */
export function secretsInAddress(address: Secret): readonly Secret[] {
  const { username, password, pathname, searchParams } = new URL(address.reveal());
  const names = [username, pathname.slice(1), 'kpool', 'postgres'];
  const passwords = [password, decodeURIComponent(password), searchParams.get('password') ?? ''];
  const telling = passwords.filter((text) => text !== '' && !names.includes(text));
  return [address, ...[...new Set(telling)].map((text) => new Secret(text))];
}
