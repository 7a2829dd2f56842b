import { Decimal } from 'decimal.js';
import { findDecimal } from '../core/decimal';

/** Amounts are summed as whole multiples of 10^-18, the smallest step that the ledger knows. */
const AMOUNT_DECIMALS = 18;
const MAX_INTEGER_DIGITS = 20;
/** Canonical and in range, as nearly every amount is: a fast path, since a test may insert a million. */
const PLAIN_AMOUNT = /^(?:0|[1-9]\d{0,19})(?:\.\d{0,17}[1-9])?$/;

/** The canonical text of an amount; throws when it is no amount of at most 20 integer digits and 18 decimals. */
export function parseAmount(text: string): string {
  if (PLAIN_AMOUNT.test(text)) return text;
  const amount = findDecimal(text);
  const [integer = '', fraction = ''] = (amount ?? '').replace('-', '').split('.');
  if (amount === null || fraction.length > AMOUNT_DECIMALS || integer.length > MAX_INTEGER_DIGITS) {
    throw new RangeError(`${JSON.stringify(text)} is no amount; to serve it all the same, insert a raw item`);
  }
  return amount;
}

/** A canonical amount in units of 10^-18. */
export function toUnits(amount: string): bigint {
  const negative = amount.startsWith('-');
  const [integer = '', fraction = ''] = (negative ? amount.slice(1) : amount).split('.');
  const units = BigInt(integer + fraction.padEnd(AMOUNT_DECIMALS, '0'));
  return negative ? -units : units;
}

/** Units of 10^-18 as canonical text, cut (not rounded) to `decimals` places. */
export function formatUnits(units: bigint, decimals = AMOUNT_DECIMALS): string {
  const digits = (units < 0n ? -units : units).toString().padStart(AMOUNT_DECIMALS + 1, '0');
  const integer = digits.slice(0, -AMOUNT_DECIMALS);
  const text = canonical(integer, digits.slice(-AMOUNT_DECIMALS).slice(0, decimals));
  return units < 0n && text !== '0' ? `-${text}` : text;
}

/** Canonical text from the digits before and after the point. */
export function canonical(integer: string, fraction: string): string {
  let end = fraction.length;
  while (end > 0 && fraction.charCodeAt(end - 1) === 48) end -= 1;
  return end === 0 ? integer : `${integer}.${fraction.slice(0, end)}`;
}

/** The same value as `1.2E-7`. */
export function withExponent(amount: string): string {
  return new Decimal(amount).toExponential().replace('e+', 'e').toUpperCase();
}

/** The same value with zeros up to 18 decimals. */
export function padded(amount: string): string {
  const [integer = '', fraction = ''] = amount.split('.');
  return `${integer}.${fraction.padEnd(AMOUNT_DECIMALS, '0')}`;
}
