import { DAY_MS } from '../../core/day';
import { findDecimal, shiftDecimal } from '../../core/decimal';
import { padded, withExponent } from '../amounts';
import { formatJsonNumber, formatJsonObject, type JsonField } from '../http/json-text';
import type { Quirks } from '../quirks';
import type { SimIncome } from '../world/sim-income';

const POWER_OF_UNIT: Record<Quirks['hashUnit'], number> = { H: 0, KH: 3, MH: 6, GH: 9, TH: 12, PH: 15 };
const AMOUNT_DIGITS: Record<Quirks['amountDigits'], (amount: string) => string> = {
  plain: (amount) => amount,
  exponent: withExponent,
  padded,
};

/** An amount as the quirks write it. */
export function writeAmount(amount: string, quirks: Quirks, odd: boolean): string {
  return formatJsonNumber(AMOUNT_DIGITS[quirks.amountDigits](amount), quirks.amounts, odd);
}

/** The unit in which an item is served: a rate that is not stored in H/s keeps its own unit. */
export function servedUnit(ownUnit: string, quirks: Quirks): string {
  return ownUnit === 'H' ? quirks.hashUnit : ownUnit;
}

/** A rate kept in `ownUnit`, in the unit that it is served in. */
export function formatRate(rate: string, ownUnit: string | null, quirks: Quirks, odd: boolean): string {
  const canonical = ownUnit === 'H' ? findDecimal(rate) : null;
  const digits = canonical === null ? rate : shiftDecimal(canonical, -POWER_OF_UNIT[quirks.hashUnit]);
  return formatJsonNumber(digits, quirks.hashRates, odd);
}

/** An optional field without a value. */
export function formatEmpty({ emptyFields }: Quirks): string | undefined {
  return emptyFields === 'null' ? 'null' : undefined;
}

function formatSettleTime(row: SimIncome, quirks: Quirks, odd: boolean): string | undefined {
  if (row.settledAtMs !== null) return formatJsonNumber(String(row.settledAtMs), quirks.times, odd);
  switch (quirks.pendingSettleTime) {
    case 'null':
      return 'null';
    case 'absent':
      return undefined;
    case 'zero':
      return formatJsonNumber('0', quirks.times, odd);
    case 'time':
      return formatJsonNumber(String(row.minedAtMs + DAY_MS), quirks.times, odd);
  }
}

/** One row of earn/query or reward/query as JSON text. */
export function incomeItemText(row: SimIncome, quirks: Quirks): string {
  if (row.raw !== null) return row.raw;
  const odd = row.serial % 2 === 1;
  const rejectForm = quirks.rejectRates === 'as-in-examples' ? 'number' : quirks.rejectRates;
  const fields: JsonField[] = [
    ['amount', writeAmount(row.amount, quirks, odd)],
    ['currency', JSON.stringify(row.currency)],
    [
      'hashRate',
      row.hashRate === null ? formatEmpty(quirks) : formatRate(row.hashRate, row.hashUnit, quirks, odd),
    ],
    [
      'hashUnit',
      row.hashUnit === null ? formatEmpty(quirks) : JSON.stringify(servedUnit(row.hashUnit, quirks)),
    ],
    ['miningDate', formatJsonNumber(String(row.minedAtMs), quirks.times, odd)],
    ['settleTime', formatSettleTime(row, quirks, odd)],
    ['status', JSON.stringify(row.status)],
  ];
  if (row.stream === 'earnings') {
    fields.push([
      'rejectRate',
      row.rejectRate === null ? formatEmpty(quirks) : formatJsonNumber(row.rejectRate, rejectForm, odd),
    ]);
  } else {
    fields.push(['type', JSON.stringify(row.type)]);
  }
  return formatJsonObject(fields, row.extra);
}
