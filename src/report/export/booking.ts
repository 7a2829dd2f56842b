import { negateDecimal } from '../../core/decimal';
import { SETTLED } from '../../domain/income';
import type { ExportRow } from './rows';

/** The names of the accounts that a journal books to. */
export interface BookedAccounts {
  readonly wallet: string;
  readonly receivable: string;
  readonly income: string;
  readonly adjustments: string;
}

/** Positive: debit; negative: credit. */
export interface Posting {
  readonly account: string;
  readonly amount: string;
}

/**
 * The postings of a row: its amount by its status now, the reversal of its previous state, and the difference as
 * income.
 */
export function postingsOf(row: ExportRow, accounts: BookedAccounts, isCash: boolean): readonly Posting[] {
  const accountFor = (status: string | null): string =>
    status === SETTLED || isCash ? accounts.wallet : accounts.receivable;
  const isAdjustment = row.kind === 'adjustment';
  const postings = [
    { account: accountFor(row.status), amount: row.amount },
    ...(row.previousAmount === null
      ? []
      : [{ account: accountFor(row.previousStatus), amount: negateDecimal(row.previousAmount) }]),
    { account: isAdjustment ? accounts.adjustments : accounts.income, amount: negateDecimal(row.delta) },
  ];
  return postings.filter(({ amount }) => amount !== '0');
}

/** The day on which a row is booked, UTC. */
export function dateOf({ kind, minedAt, settledAt, knownSince }: ExportRow, isCash: boolean): string {
  const at = isCash ? (settledAt ?? minedAt) : kind === 'adjustment' ? knownSince : minedAt;
  return at.slice(0, 10);
}

/** What kind of income a row is, as the pool names it. */
export function incomeOf({ adjusts, type, source }: ExportRow): string {
  return adjusts === null ? (type ?? source) : `adjustment of ${adjusts}`;
}
