import { ExactSum } from '../../core/exact-sum';
import { PENDING, SETTLED } from '../../domain/income';
import type { Manifest } from './manifest';
import type { ExportRow } from './rows';

const KINDS = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
type Kind = (typeof KINDS)[number];

/** Adds up what was written, by currency, exactly. */
export class Totals {
  rows = 0;
  readonly #byCurrency = new Map<string, { rows: number; readonly sums: Record<Kind, ExactSum> }>();

  add(row: ExportRow): void {
    this.rows++;
    let currency = this.#byCurrency.get(row.currency);
    if (currency === undefined) {
      const sums = Object.fromEntries(KINDS.map((kind) => [kind, new ExactSum()])) as Record<Kind, ExactSum>;
      currency = { rows: 0, sums };
      this.#byCurrency.set(row.currency, currency);
    }
    currency.rows++;
    currency.sums.total.add(row.delta);
    if (row.kind === 'adjustment') {
      currency.sums.adjustments.add(row.delta);
      return;
    }
    // Of a change, what leaves one status and what enters the other.
    currency.sums[kindOf(row.status)].add(row.amount);
    if (row.previousAmount !== null) {
      currency.sums[kindOf(row.previousStatus ?? row.status)].add(negated(row.previousAmount));
    }
  }

  toJson(): Manifest['totals'] {
    const currencies = [...this.#byCurrency].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      currencies.map(([currency, { rows, sums }]) => [
        currency,
        {
          rows,
          settled: sums.settled.toText(),
          pending: sums.pending.toText(),
          other: sums.other.toText(),
          adjustments: sums.adjustments.toText(),
          total: sums.total.toText(),
        },
      ]),
    );
  }
}

function kindOf(status: string): Kind {
  return status === SETTLED ? 'settled' : status === PENDING ? 'pending' : 'other';
}

function negated(amount: string): string {
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}
