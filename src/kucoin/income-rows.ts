import { millisecondsInDay } from 'date-fns/constants';
import { z } from 'zod';
import type { DecimalText } from '../core/decimal';
import type { IncomeRow } from '../domain/income';
import type { IncomePageQuery } from '../domain/pool';
import {
  amountField,
  currencyField,
  Misread,
  miningDateField,
  requiredTextField,
  sideDecimalField,
  sideInstantField,
  sideTextField,
} from './fields';
import { ratesInHps } from './hash-rates';
import type { ReadItem } from './items';
import { Unreadable } from './items';
import type { Params } from './signing';

/** A miningDate further ahead of the pool's clock than any time zone explains is not a mining date. */
const MAX_FUTURE_MS = 2 * millisecondsInDay;

/** The parameters that `earn/query` and `reward/query` share: both times are always sent. */
export function incomeParams(query: IncomePageQuery): Params {
  return {
    currentPage: String(query.currentPage),
    pageSize: String(query.pageSize),
    algo: query.algo,
    puid: String(query.puid),
    startTime: String(query.startMs),
    endTime: String(query.endMs),
    coinName: query.coinName,
  };
}

/** The fields that earnings and rewards share. Amount, currency, mining date and status must be readable. */
export const incomeSchema = z.object({
  amount: amountField,
  currency: currencyField,
  miningDate: miningDateField,
  settleTime: sideInstantField,
  hashRate: sideDecimalField,
  hashUnit: sideTextField,
  status: requiredTextField,
});

type IncomeFields = z.output<typeof incomeSchema>;

/** Fields that only one of the two has. */
interface OwnFields {
  readonly type: string | null;
  readonly rejectRate: DecimalText | null | Misread;
}

/** The row of an item. An optional field that cannot be parsed is null, and stays in `extra` as served. */
export function incomeRow(
  read: ReadItem<IncomeFields>,
  own: OwnFields,
  poolNowMs: number,
): IncomeRow | Unreadable {
  const { amount, currency, miningDate, status } = read.fields;
  if (miningDate > poolNowMs + MAX_FUTURE_MS)
    return new Unreadable(`miningDate is ${miningDate}, more than two days in the future`);
  const unread = new Set<string>();
  const valueOf = <T>(name: string, value: T | Misread): T | null => {
    if (!(value instanceof Misread)) return value;
    unread.add(name);
    return null;
  };
  const hashUnit = valueOf('hashUnit', read.fields.hashUnit);
  const rates = ratesInHps({ rates: { hashRate: valueOf('hashRate', read.fields.hashRate) }, hashUnit });
  const side = {
    rejectRate: valueOf('rejectRate', own.rejectRate),
    settledAtMs: valueOf('settleTime', read.fields.settleTime),
  };
  return {
    currency,
    type: own.type,
    minedAtMs: miningDate,
    amount,
    hashRateHps: rates.hps.hashRate,
    hashUnit,
    ...side,
    status,
    extra: read.extra(rates.unconverted, unread),
  };
}
