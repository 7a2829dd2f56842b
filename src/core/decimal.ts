import { Decimal } from 'decimal.js';
import type { Brand } from './brand';

/**
 * A number as canonical decimal text: no exponent, no leading or trailing zeros, no `-0`. Two texts are equal
 * exactly when their values are, so `===` compares money.
 */
export type DecimalText = Brand<string, 'DecimalText'>;

/** The largest exponent that is written out; no amount or rate needs more. */
const MAX_EXPONENT = 400;
const MAX_TEXT_LENGTH = 1_000;
/** The common case: a text that is already canonical. */
const CANONICAL_SYNTAX = /^(?:0|-?(?!0$)(?:0|[1-9]\d{0,300})(?:\.\d{0,300}[1-9])?)$/;
const NUMBER_SYNTAX = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?$/;

/**
 * The canonical form of a number's text, digit for digit; null if it is not a finite decimal number, or has more than
 * 400 digits on either side of the point.
 */
export function findDecimal(text: string): DecimalText | null {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT_LENGTH || !NUMBER_SYNTAX.test(trimmed)) return null;
  if (CANONICAL_SYNTAX.test(trimmed)) return trimmed as DecimalText;
  // The constructor keeps every digit whatever the precision; only arithmetic rounds, and there is none here.
  const value = new Decimal(trimmed);
  if (value.isZero()) return '0' as DecimalText;
  if (Math.abs(value.e) > MAX_EXPONENT || value.decimalPlaces() > MAX_EXPONENT) return null;
  return value.toFixed() as DecimalText;
}

/** The value times 10^`power`, exact: the decimal point moves, no digit changes. */
export function shiftDecimal(value: DecimalText, power: number): DecimalText {
  if (power === 0) return value;
  const shifted = findDecimal(`${value}e${power}`);
  if (shifted === null) throw new RangeError(`${value}e${power} has too many places`);
  return shifted;
}

/** The negative of a plain decimal text, as PostgreSQL writes a numeric; `0` stays `0`. */
export function negateDecimal(value: string): string {
  if (value === '0') return value;
  return value.startsWith('-') ? value.slice(1) : `-${value}`;
}

/** Digits after the point and before it, of a canonical text. */
export function digitsOf(value: DecimalText): { integer: number; fraction: number } {
  const [integer = '', fraction = ''] = value.replace('-', '').split('.');
  return { integer: integer === '0' ? 0 : integer.length, fraction: fraction.length };
}

/** Order by value: negative, zero or positive as for `Array.sort`. */
export function compareDecimals(a: DecimalText, b: DecimalText): number {
  return new Decimal(a).comparedTo(new Decimal(b));
}
