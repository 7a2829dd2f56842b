import type { DecimalText } from '../core/decimal';
import { Unreadable } from './items';
import { findHashUnitPower, toHps } from './hash-unit';

/** Hashrates as served, by the name of their field, and their unit. */
export interface ServedRates<Name extends string> {
  readonly rates: Readonly<Record<Name, DecimalText | null>>;
  readonly hashUnit: string | null;
}

/** The same in H/s. Where the unit is missing or unknown, `untold` are the rates to keep in `extra`. */
export interface RatesInHps<Name extends string> {
  readonly hps: Readonly<Record<Name, DecimalText | null>>;
  readonly untold: Readonly<Record<string, DecimalText>>;
}

/** Moves every rate to H/s, exactly. */
export function ratesInHps<Name extends string>(served: ServedRates<Name>): RatesInHps<Name> | Unreadable {
  const names = Object.keys(served.rates) as Name[];
  const unit = served.hashUnit;
  const isTold = unit !== null && findHashUnitPower(unit) !== null;
  const untold = names.flatMap((name) => {
    const rate = served.rates[name];
    return isTold || rate === null ? [] : [[name, rate] as const];
  });
  try {
    const entries = names.map((name) => [name, toHps(served.rates[name], unit)] as const);
    return {
      hps: Object.fromEntries(entries) as Record<Name, DecimalText | null>,
      untold: Object.fromEntries(untold),
    };
  } catch (error) {
    if (error instanceof RangeError)
      return new Unreadable(`a hashrate is beyond every measure: ${error.message}`);
    throw error;
  }
}
