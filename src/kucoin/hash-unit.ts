import type { DecimalText } from '../core/decimal';
import { shiftDecimal } from '../core/decimal';

const POWER_BY_PREFIX: ReadonlyMap<string, number> = new Map([
  ['', 0],
  ['k', 3],
  ['m', 6],
  ['g', 9],
  ['t', 12],
  ['p', 15],
  ['e', 18],
  ['z', 21],
]);

/**
 * The power of ten that converts a rate in `unit` to H/s; null for an unknown unit. `H`, `TH`, `T`, `TH/s`, in any
 * case; the specification only says "Hashrate unit (H)". A bare prefix counts, a bare `/s` does not.
 */
export function findHashUnitPower(unit: string): number | null {
  const match = /^\s*([kmgtpez]?)(h?)(\/s)?\s*$/i.exec(unit);
  if (match === null) return null;
  const [, prefix = '', hash = ''] = match;
  if (prefix === '' && hash === '') return null;
  return POWER_BY_PREFIX.get(prefix.toLowerCase()) ?? null;
}

/**
 * The rate in H/s, exact: the point moves, no digit changes. Null without a rate or a known unit. Throws RangeError if
 * the result would have more than 400 digits on either side of the point.
 */
export function toHps(rate: DecimalText | null, unit: string | null): DecimalText | null {
  if (rate === null || unit === null) return null;
  const power = findHashUnitPower(unit);
  return power === null ? null : shiftDecimal(rate, power);
}
