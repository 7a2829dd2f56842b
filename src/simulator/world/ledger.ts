import { toUnits } from '../amounts';
import type { SimIncome } from './sim-income';

/** Sums of one currency in units of 10^-18. */
export interface LedgerSums {
  settled: bigint;
  pending: bigint;
  settledMiningEarn: bigint;
  pendingMiningEarn: bigint;
}

/** First index whose row is at or after `atMs`. */
function lowerBound(rows: readonly SimIncome[], atMs: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.minedAtMs ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byInstant(a: SimIncome, b: SimIncome): number {
  return a.minedAtMs - b.minedAtMs || a.serial - b.serial;
}

function isNewer(row: SimIncome | undefined, other: SimIncome): boolean {
  return row !== undefined && byInstant(row, other) > 0;
}

/**
 * The live rows of one stream and scope, sorted by miningDate. A page costs a binary search. Views by currency and sums are
 * computed on demand and cached until the next change.
 */
export class SimLedger {
  private sorted: SimIncome[] = [];
  private pending = new Set<SimIncome>();
  private views = new Map<string, readonly SimIncome[]>();
  private cachedSums: Map<string, LedgerSums> | null = null;

  /** All live rows, including raw items. */
  get rows(): readonly SimIncome[] {
    return this.sorted;
  }

  /** The earliest instant at which a pending row settles by itself; Infinity if none does. */
  nextSettlementMs(): number {
    let next = Infinity;
    for (const row of this.pending) next = Math.min(next, row.settlesAtMs ?? Infinity);
    return next;
  }

  add(added: readonly SimIncome[]): void {
    const [only] = added;
    if (added.length === 1 && only !== undefined) {
      let index = lowerBound(this.sorted, only.minedAtMs + 1);
      while (isNewer(this.sorted[index - 1], only)) index -= 1;
      this.sorted.splice(index, 0, only);
    } else if (added.length > 1) {
      this.sorted = this.sorted.concat(added);
      this.sorted.sort(byInstant);
    }
    for (const row of added) if (row.settlesAtMs !== null) this.pending.add(row);
    this.changed();
  }

  remove(row: SimIncome): void {
    const index = this.sorted.indexOf(row, lowerBound(this.sorted, row.minedAtMs));
    if (index >= 0) this.sorted.splice(index, 1);
    this.pending.delete(row);
    this.changed();
  }

  settleUntil(nowMs: number): void {
    for (const row of this.pending) {
      if (row.settlesAtMs === null || row.settlesAtMs > nowMs) continue;
      row.status = 'SETTLED';
      row.settledAtMs = row.settlesAtMs;
      this.forgetSettlement(row);
      this.changed();
    }
  }

  /** Stops the row from settling by itself. */
  forgetSettlement(row: SimIncome): void {
    row.settlesAtMs = null;
    this.pending.delete(row);
  }

  /** Call this after changing a row's fields in place. */
  changed(): void {
    this.views.clear();
    this.cachedSums = null;
  }

  /** The rows that a query sees: those of `coinName`, or all but the hidden currencies. Sorted by miningDate. */
  view(coinName: string | null, hidden: readonly string[]): readonly SimIncome[] {
    if (coinName === null && hidden.length === 0) return this.sorted;
    const key = coinName === null ? `-${hidden.join(',')}` : `+${coinName}`;
    let view = this.views.get(key);
    if (view === undefined) {
      view = this.sorted.filter((row) =>
        coinName === null ? !hidden.includes(row.currency) : row.currency === coinName,
      );
      this.views.set(key, view);
    }
    return view;
  }

  /** Sums by currency, without raw items. */
  sums(): ReadonlyMap<string, LedgerSums> {
    if (this.cachedSums === null) {
      this.cachedSums = new Map();
      for (const row of this.sorted) if (row.raw === null) addToSums(this.cachedSums, row);
    }
    return this.cachedSums;
  }
}

function addToSums(sums: Map<string, LedgerSums>, row: SimIncome): void {
  let sum = sums.get(row.currency);
  if (sum === undefined) {
    sum = { settled: 0n, pending: 0n, settledMiningEarn: 0n, pendingMiningEarn: 0n };
    sums.set(row.currency, sum);
  }
  const settled = row.status === 'SETTLED';
  const units = toUnits(row.amount);
  if (row.type === 'MINING_EARN') sum[settled ? 'settledMiningEarn' : 'pendingMiningEarn'] += units;
  else sum[settled ? 'settled' : 'pending'] += units;
}

/** The part of a sorted view with `fromMs` ≤ miningDate < `toMs`, as indexes. */
export function rangeOf(
  view: readonly SimIncome[],
  fromMs: number,
  toMs: number,
): { from: number; to: number } {
  const from = lowerBound(view, fromMs);
  return { from, to: Math.max(from, lowerBound(view, toMs)) };
}
