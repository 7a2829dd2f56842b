import { REDACTED, type Secret } from './secret';

/**
 * Shorter texts occur everywhere: replacing them inside words would garble every line, and thereby reveal them. They
 * are replaced only after a name such as `key=`.
 */
const MIN_SECRET_LENGTH = 4;
/** The garbage that a word decodes to could contain a shorter secret by coincidence. */
const MIN_DECODED_LENGTH = 6;
/** `passphrase=`, `"apiKey": "`, `KUCOIN_POOL_API_SECRET=`: what follows is the secret itself. */
const NAME_BEFORE = String.raw`(?<=(?:key|secret|passphrase|password|token)["']?\s?[=:]\s?["']?)`;
const END_AFTER = String.raw`(?=$|[\s&"',;)}\]])`;

/** Nested encodings: a signed address, percent-encoded, in base64, in a header. */
const MAX_DECODINGS = 3;
/** At least as long as an encoded secret. */
const WORD = /[^\s"'<>]{8,}/g;
/** A text that could be base64 or hex. */
const RUN = /[A-Za-z0-9+/_-]{8,}={0,2}/g;
const RUN_ALONE = /^[A-Za-z0-9+/_-]+={0,2}$/;
const ESCAPE = /%[0-9A-F]{2}|\\u[0-9A-F]{4}|\\\//i;
/** Decoded text worth decoding again; decoding at the wrong offset begins with garbage. */
const READABLE = /[\x20-\x7e]{8,}/g;

/** Replaces known secrets in texts: the second line of defence, after keeping secrets out of them (P10). */
export interface Scrubber {
  readonly scrub: (text: string) => string;
  /** Adds a secret, such as a password generated at run time. */
  readonly add: (secret: Secret) => void;
}

/**
 * A scrubber that finds `secrets` in upper or lower case, verbatim, and in words that are percent-encoded,
 * JSON-escaped, in base64 or hex, or any nesting of these. It finds secrets of fewer than 4 characters only after a
 * name such as `key=`.
 */
export function createScrubber(secrets: readonly Secret[]): Scrubber {
  const forms = new Set<string>();
  const shortForms = new Set<string>();
  const wanted = new Set<string>();
  let pattern: RegExp | null = null;
  let shortPattern: RegExp | null = null;
  const add = (secret: Secret) => {
    const text = secret.reveal();
    if (text === '') return;
    if (text.length < MIN_SECRET_LENGTH) {
      for (const form of writtenForms(text)) shortForms.add(form);
      shortPattern = new RegExp(`${NAME_BEFORE}(?:${alternativesOf(shortForms)})${END_AFTER}`, 'gi');
      return;
    }
    for (const form of writtenForms(text)) forms.add(form);
    if (text.length >= MIN_DECODED_LENGTH) wanted.add(text.toLowerCase());
    pattern = new RegExp(alternativesOf(forms), 'gi');
  };
  secrets.forEach(add);
  const redact = (part: string): string => (hides(part, wanted) ? REDACTED : part);
  const scrubWord = (word: string): string => {
    const left = word.replace(RUN, redact);
    return ESCAPE.test(left) ? redact(left) : left;
  };
  return {
    add,
    scrub: (text) => {
      const plain = [pattern, shortPattern].reduce(
        (left, each) => (each === null ? left : left.replace(each, REDACTED)),
        text,
      );
      return wanted.size === 0 ? plain : plain.replace(WORD, scrubWord);
    },
  };
}

/** Replaces `secrets` that are verbatim or in base64, and nothing else: for data that must not change otherwise. */
export function createExactScrubber(secrets: readonly string[]): (text: string) => string {
  const forms = new Set(
    secrets.flatMap((secret) => [
      ...writtenForms(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
    ]),
  );
  if (forms.size === 0) return (text) => text;
  const pattern = new RegExp(alternativesOf(forms), 'gi');
  return (text) => text.replace(pattern, REDACTED);
}

/** Verbatim, percent-encoded in any style, as in a form, and JSON-escaped in any style. */
function writtenForms(text: string): string[] {
  // Half a surrogate pair, which JSON can write, would make encodeURIComponent throw.
  const percent = encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
  const strict = percent.replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const form = new URLSearchParams({ x: text }).toString().slice('x='.length);
  const escaped = (characters: RegExp): string =>
    text.replace(characters, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
  return [
    text,
    percent,
    strict,
    form,
    encodeURI(decodeURIComponent(percent)),
    JSON.stringify(text).slice(1, -1),
    text.replaceAll('/', '\\/'),
    escaped(/[=+&<>'/]/g),
    escaped(/[=+&<>']/g),
    escaped(/[=&<>']/g),
  ];
}

/** The longest first, so that a secret that contains another one is replaced as a whole. */
function alternativesOf(forms: ReadonlySet<string>): string {
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|');
}

/** Whether a part of a word, once decoded, holds one of `wanted`, which are in lower case. */
function hides(part: string, wanted: ReadonlySet<string>, depth = 1): boolean {
  return decodingsOf(part).some((decoded) => {
    const lower = decoded.toLowerCase();
    for (const secret of wanted) if (lower.includes(secret)) return true;
    if (depth === MAX_DECODINGS) return false;
    const inner = (decoded.match(READABLE) ?? []).flatMap((text) => [...(text.match(RUN) ?? []), text]);
    return inner.some((text) => text !== part && hides(text, wanted, depth + 1));
  });
}

function decodingsOf(part: string): string[] {
  if (/^\d+$/.test(part)) return [];
  const decodings = ESCAPE.test(part) ? [unescape(part), unescape(part.replaceAll('+', ' '))] : [];
  if (!RUN_ALONE.test(part)) return decodings;
  // What precedes the encoded text, such as a path, may use the same alphabet.
  for (let offset = 0; offset < 4; offset++)
    decodings.push(Buffer.from(part.slice(offset), 'base64').toString('utf8'));
  for (const digits of part.match(/[0-9a-f]{8,}/gi) ?? []) {
    for (const aligned of [digits, digits.slice(1)])
      decodings.push(Buffer.from(aligned, 'hex').toString('utf8'));
  }
  return decodings;
}

function unescape(text: string): string {
  return decodePercent(
    text
      .replace(/\\u([0-9A-F]{4})/gi, (_escape, digits: string) => String.fromCharCode(parseInt(digits, 16)))
      .replaceAll('\\/', '/'),
  );
}

/** Sequences that are not UTF-8 stay as they are. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9A-F]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
