import { negateDecimal } from '../../core/decimal';
import { ExactSum } from '../../core/exact-sum';
import { PENDING, SETTLED } from '../../domain/income';
import type { Manifest } from './manifest';
import type { ExportRow } from './rows';

const KINDS = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
type Kind = (typeof KINDS)[number];

/** Exact sums of the rows written, by currency or by another key. */
export class Totals {
  rows = 0;
  private readonly groups = new Map<string, { rows: number; readonly sums: Record<Kind, ExactSum> }>();

  constructor(private readonly keyOf: (row: ExportRow) => string = ({ currency }) => currency) {}

  add(row: ExportRow): void {
    this.rows++;
    const key = this.keyOf(row);
    let group = this.groups.get(key);
    if (group === undefined) {
      const sums = Object.fromEntries(KINDS.map((kind) => [kind, new ExactSum()])) as Record<Kind, ExactSum>;
      group = { rows: 0, sums };
      this.groups.set(key, group);
    }
    group.rows++;
    group.sums.total.add(row.delta);
    if (row.kind === 'adjustment') {
      group.sums.adjustments.add(row.delta);
      return;
    }
    // A change leaves one status and enters another.
    group.sums[kindOf(row.status)].add(row.amount);
    if (row.previousAmount !== null) {
      group.sums[kindOf(row.previousStatus ?? row.status)].add(negateDecimal(row.previousAmount));
    }
  }

  toJson(): Manifest['totals'] {
    const groups = [...this.groups].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      groups.map(([key, { rows, sums }]) => [
        key,
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
