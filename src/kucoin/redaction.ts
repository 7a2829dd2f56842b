import type { Credentials } from '../core/credentials';
import { createExactScrubber, createScrubber } from '../core/redaction';
import type { Secret } from '../core/secret';

/** Below this a text in the pool's data may be a coincidence: data are changed only for what cannot be one. */
const MIN_DATA_SECRET_LENGTH = 16;
/** What is left of a signed query once its credentials are gone. */
const SIGNED_QUERY = /\?[^\s"'<>\\?]*key=\[redacted\][^\s"'<>\\]*/g;
/** A query of the shape that is signed, whoever's it is: for what people read. */
const CREDENTIAL_QUERY = /\?[^\s"'<>\\?]*\b(?:key|passphrase)=[^\s"'<>\\]*/g;

/** Removes the credentials of one account from what the pool answers (P10). */
export interface Redactor {
  /** For what people read: no form of any credential remains. */
  fromMessage(text: string): string;
  /** For the text of an answer before it is parsed: only what cannot be anything but a credential is replaced. */
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
    // A query that carries credentials goes as a whole, however short they are.
    fromMessage: (text) => scrub(text).replace(CREDENTIAL_QUERY, '?[redacted]'),
    fromData: (text) => scrubData(text).replace(SIGNED_QUERY, '?[redacted]'),
  };
}
