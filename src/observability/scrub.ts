import type { Secret } from '../core/secret';

const REDACTED = '[redacted]';
/**
 * Shorter texts occur everywhere: replacing them in words would garble every line and so show what they are. They are
 * replaced where a name before them says that they are meant.
 */
const MIN_SECRET_LENGTH = 4;
/** `passphrase=`, `"apiKey": "`, `KUCOIN_POOL_API_SECRET=`: what follows is the secret itself. */
const NAME_BEFORE = String.raw`(?<=(?:key|secret|passphrase|password|token)["']?\s?[=:]\s?["']?)`;
const END_AFTER = String.raw`(?=$|[\s&"',;)}\]])`;
/** The part of a base64 text that does not depend on its neighbours must be long enough to be no coincidence. */
const MIN_BASE64_LENGTH = 6;

/** Replaces known secrets in texts: the second line of defence, behind not putting them there. */
export interface Scrubber {
  readonly scrub: (text: string) => string;
  /** From now on `secret` is known too, such as a password that was generated at run time. */
  readonly add: (secret: Secret) => void;
}

/**
 * A scrubber that knows `secrets` as they are, percent-encoded, as in a form, as in JSON, and in base64 wherever
 * they stand in what was encoded (P10). Those of fewer than 4 characters only where they follow a name such as `key=`.
 */
export function createScrubber(secrets: readonly Secret[]): Scrubber {
  const forms = new Set<string>();
  const shortForms = new Set<string>();
  let pattern: RegExp | null = null;
  let shortPattern: RegExp | null = null;
  const add = (secret: Secret) => {
    const text = secret.reveal();
    if (text === '') return;
    if (text.length < MIN_SECRET_LENGTH) {
      for (const form of formsOf(text)) shortForms.add(escapeForPattern(form));
      shortPattern = new RegExp(`${NAME_BEFORE}(?:${[...shortForms].join('|')})${END_AFTER}`, 'gi');
      return;
    }
    for (const form of formsOf(text)) forms.add(form);
    // The longest first: a secret that holds another goes as a whole.
    const longestFirst = [...forms].sort((a, b) => b.length - a.length);
    pattern = new RegExp(longestFirst.map((form) => escapeForPattern(form)).join('|'), 'g');
  };
  secrets.forEach(add);
  return {
    add,
    scrub: (text) =>
      [pattern, shortPattern].reduce(
        (left, each) => (each === null ? left : left.replace(each, REDACTED)),
        text,
      ),
  };
}

function formsOf(text: string): string[] {
  // Half a surrogate pair, which JSON can write, would make encodeURIComponent throw.
  const percent = encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
  const strict = percent.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams({ x: text }).toString().slice('x='.length);
  const encoded = [percent, strict, form, encodeURI(decodeURIComponent(percent))];
  const lowerCase = encoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()));
  const base64 = [0, 1, 2]
    .map((offset) => base64Within(text, offset))
    .filter((form) => form.length >= MIN_BASE64_LENGTH);
  const base64Url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const base64Percent = base64.map((form) => encodeURIComponent(form));
  return [
    text,
    ...encoded,
    ...lowerCase,
    JSON.stringify(text).slice(1, -1),
    ...base64,
    ...base64Url,
    ...base64Percent,
  ];
}

/** The base64 digits that `text` alone decides when `offset` bytes (modulo 3) precede it. */
function base64Within(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, 'utf8')]);
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return bytes.toString('base64').slice(first, last);
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
