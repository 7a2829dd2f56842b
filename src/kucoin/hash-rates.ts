import type { DecimalText } from '../core/decimal';
import { toHps } from './hash-unit';

/** Hashrates as served, by the name of their field, and their unit. */
export interface ServedRates<Name extends string> {
  readonly rates: Readonly<Record<Name, DecimalText | null>>;
  readonly hashUnit: string | null;
}

/**
 * The rates in H/s. `unconverted`: rates to keep in `extra`, because their unit is missing or unknown, or they are
 * absurdly large.
 */
export interface RatesInHps<Name extends string> {
  readonly hps: Readonly<Record<Name, DecimalText | null>>;
  readonly unconverted: Readonly<Record<string, DecimalText>>;
}

/** Converts every rate to H/s, exactly. */
export function ratesInHps<Name extends string>(served: ServedRates<Name>): RatesInHps<Name> {
  const names = Object.keys(served.rates) as Name[];
  const entries = names.map((name) => [name, findHps(served.rates[name], served.hashUnit)] as const);
  const unconverted = entries.flatMap(([name, hps]) => {
    const rate = served.rates[name];
    return hps !== null || rate === null ? [] : [[name, rate] as const];
  });
  return {
    hps: Object.fromEntries(entries) as Record<Name, DecimalText | null>,
    unconverted: Object.fromEntries(unconverted),
  };
}

function findHps(rate: DecimalText | null, unit: string | null): DecimalText | null {
  try {
    return toHps(rate, unit);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
