import type { Credentials } from '../core/credentials';
import { createExactScrubber, createScrubber } from '../core/redaction';
import type { Secret } from '../core/secret';

/** A shorter secret may occur in the pool's data by coincidence, so the data are not changed for it. */
const MIN_DATA_SECRET_LENGTH = 16;
/** What remains of a signed query once its credentials are redacted. */
const SIGNED_QUERY = /\?[^\s"'<>\\?]*key=\[redacted\][^\s"'<>\\]*/g;
/** Any query that carries credentials, ours or not: for text that people read. */
const CREDENTIAL_QUERY = /\?[^\s"'<>\\?]*\b(?:key|passphrase)=[^\s"'<>\\]*/g;

/** Removes the credentials of one account from what the pool answers (P10). */
export interface Redactor {
  /** For text that people read: no form of any credential remains. */
  fromMessage(text: string): string;
  /** For an answer before it is parsed: replaces only what is certainly a credential. */
  fromData(text: string): string;
}

export function createRedactor(credentials: Credentials, signedPassphrase: Secret): Redactor {
  const { apiKey, apiSecret, apiPassphrase } = credentials;
  const machineMade = [apiKey, apiSecret, signedPassphrase];
  const { scrub } = createScrubber([...machineMade, apiPassphrase]);
  const scrubData = createExactScrubber(
    machineMade
      .map((secret) => secret.reveal())
      // A number in the data could be the tail of a long amount: a key of digits alone is left to the other layers.
      .filter((text) => text.length >= MIN_DATA_SECRET_LENGTH && !/^\d+$/.test(text)),
  );
  return {
    // A query that carries credentials is removed as a whole, however short they are.
    fromMessage: (text) => scrub(text).replace(CREDENTIAL_QUERY, '?[redacted]'),
    fromData: (text) => scrubData(text).replace(SIGNED_QUERY, '?[redacted]'),
  };
}
