import { assert } from './assert';
import type { DecimalText } from './decimal';

/** Most decimals of an amount (checked on every ledger table). */
const AMOUNT_DECIMALS = 18;
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,18}))?$/;

/** Adds up amounts of at most 18 decimals without losing a digit. */
export class ExactSum {
  private units = 0n;

  /** Adds a plain decimal text, as PostgreSQL writes a numeric. */
  add(amount: string): void {
    const match = AMOUNT.exec(amount);
    assert(match !== null, `${amount} is an amount of at most ${AMOUNT_DECIMALS} decimals`);
    const [, sign = '', integer = '0', fraction = ''] = match;
    const units = BigInt(integer + fraction.padEnd(AMOUNT_DECIMALS, '0'));
    this.units += sign === '-' ? -units : units;
  }

  /** The sum in canonical form. */
  toText(): DecimalText {
    const isNegative = this.units < 0n;
    const digits = String(isNegative ? -this.units : this.units).padStart(AMOUNT_DECIMALS + 1, '0');
    const fraction = digits.slice(-AMOUNT_DECIMALS).replace(/0+$/, '');
    const text = digits.slice(0, -AMOUNT_DECIMALS) + (fraction === '' ? '' : `.${fraction}`);
    return (isNegative ? `-${text}` : text) as DecimalText;
  }
}
