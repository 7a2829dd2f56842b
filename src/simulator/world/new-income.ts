import { DAY_MS } from '../../core/day';
import { parseAmount } from '../amounts';
import type { SimIncomeFields, SimIncome, SimLedgerStream, SimScopeKey } from './sim-income';

/** A new row; omitted fields get defaults (settled a day later, no rates, no extra fields). */
export type NewIncome = Pick<SimIncomeFields, 'currency' | 'minedAtMs' | 'amount'> &
  Partial<Omit<SimIncomeFields, 'currency' | 'minedAtMs' | 'amount'>> & {
    /** When a pending row settles by itself. */
    readonly settlesAtMs?: number | undefined;
  };

interface RowPlace {
  readonly stream: SimLedgerStream;
  readonly scope: SimScopeKey;
  readonly serial: number;
  /** Any JSON text to serve instead; null: none. */
  readonly raw: string | null;
}

/** Creates a live row; `type` of a reward defaults to REWARD_EARN. Throws RangeError for an amount out of range. */
export function createRow({ stream, scope, serial, raw }: RowPlace, income: NewIncome): SimIncome {
  const status = income.status ?? 'SETTLED';
  const hashRate = income.hashRate ?? null;
  return {
    stream,
    scope,
    serial,
    currency: income.currency,
    type: stream === 'earnings' ? null : (income.type ?? 'REWARD_EARN'),
    minedAtMs: income.minedAtMs,
    amount: parseAmount(income.amount),
    hashRate,
    hashUnit: income.hashUnit ?? (hashRate === null ? null : 'H'),
    rejectRate: income.rejectRate ?? null,
    status,
    settledAtMs: income.settledAtMs ?? (status === 'SETTLED' ? income.minedAtMs + DAY_MS : null),
    extra: income.extra ?? null,
    live: true,
    settlesAtMs: income.settlesAtMs ?? null,
    raw,
  };
}
