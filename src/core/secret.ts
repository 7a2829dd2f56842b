import { inspect } from 'node:util';

/** Printed in place of a secret. */
export const REDACTED = '[redacted]';

/** A text that is never printed: string conversion, JSON and inspect all show `[redacted]`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the code that sends it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
