import type { DecimalText } from '../core/decimal';
import { Unreadable } from './items';
import { findHashUnitPower, toHps } from './hash-unit';

/** Hashrates as served, by the name of their field, and their unit. */
export interface ServedRates<Name extends string> {
  readonly rates: Readonly<Record<Name, DecimalText | null>>;
  readonly hashUnit: string | null;
}

/** The same in H/s. Where the unit is missing or unknown, `untold` names the rates to keep raw in `extra`. */
export interface RatesInHps<Name extends string> {
  readonly hps: Readonly<Record<Name, DecimalText | null>>;
  readonly untold: readonly Name[];
}

/** Moves every rate to H/s, exactly. */
export function ratesInHps<Name extends string>(served: ServedRates<Name>): RatesInHps<Name> | Unreadable {
  const names = Object.keys(served.rates) as Name[];
  const unit = served.hashUnit;
  const untold =
    unit === null || findHashUnitPower(unit) === null
      ? names.filter((name) => served.rates[name] !== null)
      : [];
  try {
    const entries = names.map((name) => [name, toHps(served.rates[name], unit)] as const);
    return { hps: Object.fromEntries(entries) as Record<Name, DecimalText | null>, untold };
  } catch (error) {
    if (error instanceof RangeError)
      return new Unreadable(`a hashrate is beyond every measure: ${error.message}`);
    throw error;
  }
}
