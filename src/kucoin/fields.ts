import { z } from 'zod';
import type { DecimalText } from '../core/decimal';
import { digitsOf, findDecimal } from '../core/decimal';
import { findId } from '../domain/ids';
import type { JsonValue } from './json';
import { JsonNumber, storableText, writeJson } from './json';

/** The tables' `CHECK (scale <= 18 AND abs(amount) < 1e20)`: an amount beyond it is quarantined (P1). */
const MAX_AMOUNT_DECIMALS = 18;
const MAX_AMOUNT_INTEGER_DIGITS = 20;
/** The last instant of a JavaScript Date, ms since the epoch. */
const MAX_INSTANT_MS = 8.64e15;
/** The month of Bitcoin's first block: nothing was mined before. */
const FIRST_MINING_MS = Date.UTC(2009, 0, 1);
/** No instant of the pool's is later: one that looks later was written in another unit. */
const LAST_PLAUSIBLE_MS = Date.UTC(2100, 0, 1);
const SHOWN_CHARACTERS = 60;
/** Texts that identify a row are indexed: three of these, at 4 bytes a character, fit into PostgreSQL's index entry. */
const MAX_REQUIRED_CHARACTERS = 200;

/** Why a value cannot be parsed; completes a sentence that begins with the field's name. */
export class Misread {
  constructor(readonly reason: string) {}
}

/**
 * A schema for a field that the item can do without: a value that cannot be parsed becomes a `Misread`, and the item's
 * reader keeps the raw value.
 */
function sideField<T>(read: (value: unknown) => T | Misread) {
  return z.transform(read);
}

/** A schema for one field: `read` gets undefined if it is absent, and returns a value or what is wrong. */
function field<T>(read: (value: unknown) => T | Misread) {
  // A bare transform: zod runs it for an absent key too, and a pipe would double the cost.
  return z.transform((value: unknown, context): T => {
    const result = read(value);
    if (!(result instanceof Misread)) return result;
    context.issues.push({ code: 'custom', message: result.reason, input: undefined });
    return z.NEVER;
  });
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

/** The value as JSON text for a message, truncated. */
function quoteField(value: unknown): string {
  const text = writeJson(value as JsonValue);
  return storableText(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

/** The characters of a number, served as a JSON number or in a string; null if absent or empty. */
function findNumberText(value: unknown): string | null | Misread {
  if (isAbsent(value) || value === '') return null;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' ? value : new Misread(`is ${quoteField(value)}, not a number`);
}

function readDecimal(value: unknown): DecimalText | null | Misread {
  const text = findNumberText(value);
  if (text === null || text instanceof Misread) return text;
  return findDecimal(text) ?? new Misread(`is ${quoteField(value)}, not a number that can be kept exactly`);
}

function readAmount(value: unknown): DecimalText | Misread {
  const amount = readDecimal(value);
  if (amount === null) return new Misread('is missing');
  if (amount instanceof Misread) return amount;
  const { integer, fraction } = digitsOf(amount);
  if (fraction > MAX_AMOUNT_DECIMALS)
    return new Misread(
      `has ${fraction} decimals (${quoteField(value)}), more than the ${MAX_AMOUNT_DECIMALS} kept`,
    );
  if (integer > MAX_AMOUNT_INTEGER_DIGITS) return new Misread(`is ${quoteField(value)}, 10^20 or more`);
  return amount;
}

/** A whole number between 0 and `max`, which is a safe integer or an exact double; null for an absent one. */
function readWhole(value: unknown, max: number): number | null | Misread {
  const decimal = readDecimal(value);
  if (decimal === null || decimal instanceof Misread) return decimal;
  const whole = Number(decimal);
  if (decimal.includes('.') || whole < 0 || whole > max || !Number.isSafeInteger(whole))
    return new Misread(`is ${quoteField(value)}, not a whole number from 0 to ${max}`);
  return whole;
}

function readServedText(value: unknown): string | null | Misread {
  if (isAbsent(value)) return null;
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' ? storableText(value) : new Misread(`is ${quoteField(value)}, not a text`);
}

/** An amount of a currency: at most 18 decimals, below 10^20 either way; never rounded (P1). */
export const amountField = field(readAmount);

/** A rate: absent, null and "" are none. */
export const optionalDecimalField = field(readDecimal);

/** The same for a field that the item can do without. */
export const sideDecimalField = sideField(readDecimal);

/** A text that must be present and not empty, as served; at most 200 characters. */
export const requiredTextField = field(readRequiredText);

function readRequiredText(value: unknown): string | Misread {
  const text = readServedText(value);
  if (text === null || text === '') return new Misread('is missing');
  if (text instanceof Misread || text.length <= MAX_REQUIRED_CHARACTERS) return text;
  return new Misread(`is ${quoteField(text)}, longer than ${MAX_REQUIRED_CHARACTERS} characters`);
}

/** A name: it must be present, but may be empty. */
export const nameField = field((value) => readServedText(value) ?? new Misread('is missing'));

/** A ticker: letters, digits and the few signs that tickers hold, a letter among them. */
const TICKER = /^(?=.*\p{L})[\p{L}\p{N}$][\p{L}\p{M}\p{N}$._/@+*-]*$/u;

/** A currency by its ticker, as served; at most 200 characters. */
export const currencyField = field((value) => {
  const text = readRequiredText(value);
  if (text instanceof Misread || TICKER.test(text)) return text;
  return new Misread(`is ${quoteField(value)}, not a ticker of a currency`);
});

function readOptionalText(value: unknown): string | null | Misread {
  const text = readServedText(value);
  return text === '' ? null : text;
}

/** A text that may be absent; "" is none. */
export const optionalTextField = field(readOptionalText);

/** The same for a field that the item can do without. */
export const sideTextField = sideField(readOptionalText);

/** An id up to 2^63 − 1, as a JSON number or a string of digits. */
export const idField = field((value) => {
  const text = findNumberText(value);
  if (text === null) return new Misread('is missing');
  if (text instanceof Misread) return text;
  const digits = value instanceof JsonNumber ? findDecimal(text) : text;
  const id = digits === null ? null : findId(digits);
  return id ?? new Misread(`is ${quoteField(value)}, not an id from 0 to 2^63 - 1`);
});

/**
 * An instant, ms since the epoch; absent, null, "" and 0 are none. One in seconds is recognised by its size: as
 * milliseconds it would lie in January or February 1970.
 */
export const sideInstantField = sideField((value) => {
  const instant = readWhole(value, MAX_INSTANT_MS);
  if (instant === null || instant instanceof Misread) return instant;
  return instant === 0 ? null : isPlausible(instant * 1_000) ? instant * 1_000 : instant;
});

/** An instant, or the number as served if it is not clear which instant it is; both null if there is none. */
export interface PossibleInstant {
  readonly atMs: number | null;
  readonly unclear: DecimalText | null;
}

/** An instant in ms or in seconds, distinguished by size; a number that can be neither is kept, never guessed. */
export const possibleInstantField = field((value): PossibleInstant | Misread => {
  const decimal = readDecimal(value);
  if (decimal instanceof Misread) return decimal;
  const number = decimal === null ? 0 : Number(decimal);
  if (decimal === null || number === 0) return { atMs: null, unclear: null };
  const atMs = [number, number * 1_000].find((ms) => Number.isSafeInteger(ms) && isPlausible(ms));
  return atMs === undefined ? { atMs: null, unclear: decimal } : { atMs, unclear: null };
});

function isPlausible(ms: number): boolean {
  return ms >= FIRST_MINING_MS && ms < LAST_PLAUSIBLE_MS;
}

/** When something was mined, ms since the epoch: required, from 2009 on. */
export const miningDateField = field((value) => {
  const instant = readWhole(value, MAX_INSTANT_MS);
  if (instant === null) return new Misread('is missing');
  if (instant instanceof Misread || instant >= FIRST_MINING_MS) return instant;
  return new Misread(`is ${quoteField(value)}, before 2009: not a mining date`);
});

/** A count or page number of an envelope; null when absent. */
export const optionalCountField = field((value) => readWhole(value, Number.MAX_SAFE_INTEGER));
