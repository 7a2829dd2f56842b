import type { Credentials } from './signing';

/** Below this a secret is no secret, and removing it would tear ordinary words apart. */
const MIN_SECRET_LENGTH = 4;
/** Below this a text in the pool's data may be a coincidence: data are changed only for what cannot be one. */
const MIN_DATA_SECRET_LENGTH = 16;

/** Removes the credentials, in every form in which an answer could echo them (P10). */
export interface Redactor {
  /** For what people read: no form of any credential remains. */
  fromMessage(text: string): string;
  /** For the text of an answer before it is parsed: only what cannot be anything but a credential is replaced. */
  fromData(text: string): string;
}

export function createRedactor(credentials: Credentials, signedPassphrase: string): Redactor {
  const machineMade = [credentials.apiKey.reveal(), credentials.apiSecret.reveal(), signedPassphrase];
  const all = [...machineMade, credentials.apiPassphrase.reveal()];
  const inMessages = formsOf(all.filter((secret) => secret.length >= MIN_SECRET_LENGTH));
  // A number in the data could be the tail of a long amount: a key of digits alone is left to the other layers.
  const inData = formsOf(
    machineMade.filter((secret) => secret.length >= MIN_DATA_SECRET_LENGTH && !/^\d+$/.test(secret)),
  );
  return {
    // A query that carries credentials goes as a whole, however short they are.
    fromMessage: (text) => replaceAll(text, inMessages).replace(CREDENTIAL_QUERY, '?[redacted]'),
    fromData: (text) => replaceAll(text, inData),
  };
}

/** Plain, URL-encoded, base64 and as JSON writers escape it; longest first, so that no remainder survives. */
function formsOf(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    secret.replaceAll('/', '\\/'),
    secret.replace(/[=+&<>'/]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    secret.replace(/[=+&<>']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    secret.replace(/[=&<>']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
  ]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** What is left of a signed query once its credentials are gone. */
const SIGNED_QUERY = /\?[^\s"'<>\\?]*key=\[redacted\][^\s"'<>\\]*/g;

/** A query of the shape that is signed, whoever's it is: for what people read. */
const CREDENTIAL_QUERY = /\?[^\s"'<>\\?]*\b(?:key|passphrase)=[^\s"'<>\\]*/g;

function replaceAll(text: string, needles: readonly string[]): string {
  let clean = text;
  for (const needle of needles) clean = clean.replaceAll(needle, '[redacted]');
  return clean === text ? text : clean.replace(SIGNED_QUERY, '?[redacted]');
}
