import { parse } from 'lossless-json';

/** A JSON number as its characters: it never passes through a JavaScript number (P1). */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export interface JsonObject {
  readonly [key: string]: JsonValue;
}
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** Deeper than any answer of the API; shallow enough for recursive functions and for PostgreSQL's jsonb. */
const MAX_JSON_DEPTH = 64;
/** PostgreSQL's jsonb holds numbers of up to 131,072 digits; no real figure comes near even this. */
const MAX_JSONB_DIGITS = 1_000;

/**
 * Parses JSON text without touching a number. Throws SyntaxError for anything that is not JSON, for an object
 * that gives one key two values, and for nesting deeper than 64 levels.
 */
export function parseJson(text: string): JsonValue {
  if (isTooDeep(text)) throw new SyntaxError(`nested deeper than ${MAX_JSON_DEPTH} levels`);
  return parse(text, null, (digits) => new JsonNumber(digits)) as JsonValue;
}

/** Counts brackets without parsing, so that hostile nesting is refused before anything recurses over it. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c /* \ */) i++;
      else if (char === 0x22 /* " */) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b /* [ */ || char === 0x7b /* { */) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if (char === 0x5d /* ] */ || char === 0x7d /* } */) depth--;
  }
  return false;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

/** The value as JSON text, with every number and character as parsed. */
export function writeJson(value: JsonValue): string {
  return write(value, JSON.stringify, (digits) => digits);
}

/**
 * The value as JSON text that PostgreSQL's jsonb accepts: as `writeJson`, but U+0000 and lone surrogates become
 * U+FFFD, and a number that jsonb could not hold becomes a string of the same characters.
 */
export function writeJsonbText(value: JsonValue): string {
  return write(
    value,
    (text) => JSON.stringify(storableText(text)),
    (digits) => (fitsJsonb(digits) ? digits : JSON.stringify(digits)),
  );
}

/** The text with U+0000 and lone surrogates, which PostgreSQL cannot hold, replaced by U+FFFD. */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, '\uFFFD');
}

/** Whether every text in the value can be stored as it is. */
export function isStorable(value: JsonValue): boolean {
  if (typeof value === 'string') return value.search(UNSTORABLE) === -1;
  if (isJsonArray(value)) return value.every(isStorable);
  if (!isJsonObject(value)) return true;
  return Object.entries(value).every(([key, member]) => isStorable(key) && isStorable(member));
}

const UNSTORABLE = /\0|\p{Surrogate}/gu;

function write(
  value: JsonValue,
  writeText: (text: string) => string,
  writeNumber: (digits: string) => string,
): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return writeText(value);
  if (value instanceof JsonNumber) return writeNumber(value.text);
  if (isJsonArray(value)) return `[${value.map((item) => write(item, writeText, writeNumber)).join(',')}]`;
  const members = Object.entries(value).map(
    ([key, member]) => `${writeText(key)}:${write(member, writeText, writeNumber)}`,
  );
  return `{${members.join(',')}}`;
}

/** `Array.isArray` does not narrow a union with a readonly array. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function fitsJsonb(digits: string): boolean {
  if (digits.length > MAX_JSONB_DIGITS) return false;
  const exponent = /[eE]([+-]?\d+)$/.exec(digits)?.[1];
  return exponent === undefined || Math.abs(Number(exponent)) <= MAX_JSONB_DIGITS;
}
