import { assert } from './assert';
import type { DecimalText } from './decimal';

/** Most decimals of an amount (checked on every ledger table). */
const PLACES = 18;
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,18}))?$/;

/** Adds up amounts of at most 18 decimals without losing a digit. */
export class ExactSum {
  #units = 0n;

  /** Adds a plain decimal text, as PostgreSQL writes a numeric. */
  add(amount: string): void {
    const match = AMOUNT.exec(amount);
    assert(match !== null, `${amount} is an amount of at most ${PLACES} decimals`);
    const [, sign = '', integer = '0', fraction = ''] = match;
    const units = BigInt(integer + fraction.padEnd(PLACES, '0'));
    this.#units += sign === '-' ? -units : units;
  }

  /** The sum in canonical form. */
  toText(): DecimalText {
    const isNegative = this.#units < 0n;
    const digits = String(isNegative ? -this.#units : this.#units).padStart(PLACES + 1, '0');
    const fraction = digits.slice(-PLACES).replace(/0+$/, '');
    const text = digits.slice(0, -PLACES) + (fraction === '' ? '' : `.${fraction}`);
    return (isNegative ? `-${text}` : text) as DecimalText;
  }
}
