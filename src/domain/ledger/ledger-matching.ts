import { compareDecimals } from '../../core/decimal';
import type { IncomeRow } from '../income';

/** A row of the ledger: what the pool said, and its ordinal among rows that share the rest of the key. */
export interface LedgerRow extends IncomeRow {
  readonly ordinal: number;
  readonly withdrawn: boolean;
  /** Live, but older than anything that the pool still serves. */
  readonly unserved: boolean;
}

/** The writes that make the live rows of a window equal to the multiset that was served. */
export interface LedgerChanges {
  readonly inserted: readonly LedgerRow[];
  /** New state of stored rows whose content changed, or that are served again. */
  readonly updated: readonly LedgerRow[];
  /** Live rows that were not served. */
  readonly missing: readonly LedgerRow[];
  readonly unchanged: number;
}

/** All of the key but the ordinal. */
function keyOf(row: IncomeRow): string {
  return JSON.stringify([row.currency, row.minedAtMs, row.type]);
}

/** The key of one row of the ledger within its scope. */
export function ledgerKeyOf(row: LedgerRow): string {
  return JSON.stringify([row.currency, row.minedAtMs, row.type, row.ordinal]);
}

/** Everything that the pool says about a row, except unknown fields. */
export function contentOf(row: IncomeRow): string {
  return JSON.stringify([
    row.currency,
    row.type,
    row.minedAtMs,
    row.amount,
    row.hashRateHps,
    row.hashUnit,
    row.rejectRate,
    row.status,
    row.settledAtMs,
  ]);
}

function contentWithExtraOf(row: IncomeRow): string {
  return JSON.stringify([contentOf(row), row.extra]);
}

function amountAndHashRateOf(row: IncomeRow): string {
  return JSON.stringify([row.amount, row.hashRateHps, row.hashUnit]);
}

export function groupBy<Row>(rows: Iterable<Row>, identify: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = identify(row);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}

function byAmountThenOrdinal(a: LedgerRow, b: LedgerRow): number {
  return compareDecimals(a.amount, b.amount) || a.ordinal - b.ordinal;
}

/** Any total order that does not depend on the order in which the API served the rows. */
function byAmountThenContent(a: IncomeRow, b: IncomeRow): number {
  const byAmount = compareDecimals(a.amount, b.amount);
  if (byAmount !== 0) return byAmount;
  const [contentA, contentB] = [contentWithExtraOf(a), contentWithExtraOf(b)];
  return contentA < contentB ? -1 : contentA > contentB ? 1 : 0;
}

const isLive = (row: LedgerRow): boolean => !row.withdrawn;
const isWithdrawn = (row: LedgerRow): boolean => row.withdrawn;

/** Pairs the served rows of one key with stored ones, rule by rule. */
class Pairing {
  readonly pairs: { stored: LedgerRow; served: IncomeRow }[] = [];

  /** `stored` in order of ordinal, `served` in order of amount. */
  constructor(
    private stored: LedgerRow[],
    private served: IncomeRow[],
  ) {}

  /** Pairs rows that `identify` considers equal, lowest ordinal first; the rest is left to the next rule. */
  pairEqual(eligible: (row: LedgerRow) => boolean, identify: (row: IncomeRow) => string): void {
    const candidates = groupBy(this.stored.filter(eligible), identify);
    // In a first sync, always: its rows need not be compared with anything.
    if (candidates.size === 0) return;
    const taken = new Set<LedgerRow>();
    this.served = this.served.filter((served) => {
      const stored = candidates.get(identify(served))?.shift();
      if (stored === undefined) return true;
      taken.add(stored);
      this.pairs.push({ stored, served });
      return false;
    });
    this.stored = this.stored.filter((row) => !taken.has(row));
  }

  /** Pairs the remaining live rows with the remaining served ones, both in order of amount. */
  pairLiveByRank(): void {
    const live = this.stored.filter(isLive).sort(byAmountThenOrdinal);
    const taken = new Set<LedgerRow>();
    this.served.slice(0, live.length).forEach((served, rank) => {
      const stored = live[rank];
      if (stored === undefined) return;
      taken.add(stored);
      this.pairs.push({ stored, served });
    });
    this.served = this.served.slice(taken.size);
    this.stored = this.stored.filter((row) => !taken.has(row));
  }

  get unpairedLive(): LedgerRow[] {
    return this.stored.filter(isLive);
  }

  get unstored(): IncomeRow[] {
    return this.served;
  }
}

function pairRowsOfOneKey(stored: LedgerRow[], served: IncomeRow[], isComplete: boolean): Pairing {
  const byOrdinal = [...stored].sort((a, b) => a.ordinal - b.ordinal);
  const pairing = new Pairing(byOrdinal, [...served].sort(byAmountThenContent));
  pairing.pairEqual(isLive, contentWithExtraOf); // only decides which of several equal rows keeps which extra
  pairing.pairEqual(isLive, contentOf);
  pairing.pairEqual(isWithdrawn, contentOf);
  // If fewer rows were served than stored, it may be another row that changed.
  if (!isComplete && served.length < stored.filter(isLive).length) return pairing;
  pairing.pairEqual(isLive, amountAndHashRateOf);
  pairing.pairLiveByRank();
  return pairing;
}

/**
 * Finds the stored row that each served row corresponds to, regardless of the API's order. Per key: equal content among
 * live rows; equal content among withdrawn ones; equal amount and hashrate; then by amount. `stored`: all rows of one
 * window of one scope, with `extra` in the same textual form as served. `served`: all that the pool serves in it or,
 * without `isComplete`, some of it; then a stored row that cannot be told apart from one that was not served stays as it
 * is. Pure; the result does not depend on the order of either list.
 */
export function matchLedger(
  stored: readonly LedgerRow[],
  served: readonly IncomeRow[],
  { isComplete }: { readonly isComplete: boolean },
): LedgerChanges {
  const storedByKey = groupBy(stored, keyOf);
  const servedByKey = groupBy(served, keyOf);
  const inserted: LedgerRow[] = [];
  const updated: LedgerRow[] = [];
  const missing: LedgerRow[] = [];
  let unchanged = 0;
  for (const key of new Set([...storedByKey.keys(), ...servedByKey.keys()])) {
    const storedRows = storedByKey.get(key) ?? [];
    const pairing = pairRowsOfOneKey(storedRows, servedByKey.get(key) ?? [], isComplete);
    for (const pair of pairing.pairs) {
      const { stored: known, served: row } = pair;
      const isServed = isLive(known) && !known.unserved;
      if (isServed && contentWithExtraOf(known) === contentWithExtraOf(row)) unchanged += 1;
      else updated.push({ ...row, ordinal: known.ordinal, withdrawn: false, unserved: false });
    }
    const { unpairedLive, unstored } = pairing;
    missing.push(...unpairedLive);
    if (!isComplete && unpairedLive.length > 0) continue;
    let nextOrdinal = storedRows.reduce((next, row) => Math.max(next, row.ordinal + 1), 0);
    for (const row of unstored)
      inserted.push({ ...row, ordinal: nextOrdinal++, withdrawn: false, unserved: false });
  }
  return { inserted, updated, missing, unchanged };
}
