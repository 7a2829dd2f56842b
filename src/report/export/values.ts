import { Decimal } from 'decimal.js';

/** More digits than an amount times a price has, however many are added up: nothing is rounded but where it is said. */
const Exact = Decimal.clone({ precision: 500, rounding: Decimal.ROUND_HALF_UP });

export const ZERO: Decimal = new Exact(0);

/** The exact sum of decimal texts. */
export function sumOf(values: readonly string[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), ZERO);
}

/** The exact product of two decimal texts. */
export function productOf(amount: string, price: string): Decimal {
  return new Exact(amount).times(price);
}
