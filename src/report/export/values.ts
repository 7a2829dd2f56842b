import { Decimal } from 'decimal.js';

/** More digits than any sum of amounts times prices has, so nothing is rounded implicitly. */
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
