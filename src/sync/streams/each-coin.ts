import { throwIfAborted } from '../../core/clock';
import type { DecimalText } from '../../core/decimal';
import { isKpoolError } from '../../core/errors';
import type { ServedTotals } from '../../domain/ledger/coins';
import type { Listing, UnreadableRow } from '../../domain/page';
import type { Precedence } from '../../domain/planning/due-scopes';
import type { ListingCounts } from '../../domain/row-counts';
import type { Scope } from '../../domain/scope';
import { LEDGER_STREAMS } from '../../domain/streams';
import type { IncomeStore } from '../ports/listing-ports';
import type { Run } from '../runs/run';

/** Totals are read right after the ledger: it names the currencies, and totals are compared with it. */
export const AFTER_LEDGER: Precedence = {
  streams: ['algorithms', 'sub-accounts', ...LEDGER_STREAMS],
  wait: 'each',
};

/** Amounts are canonical, so zero has one form. */
const NOTHING_EARNED = '0';

export interface CoinDeps {
  readonly income: IncomeStore;
  /** `coins`: currencies (`COINS`) to ask for each `fullEveryMs` whether or not the ledger has shown them. */
  readonly tiers: { readonly coins: readonly string[]; readonly fullEveryMs: number };
}

/**
 * Asks for every currency that the account is known to have earned and, weekly once the ledger was read, for all of
 * `COINS`, which finds coins that the lists hide. If the ledger has never shown a coin, and the pool does not know it
 * or totals nothing for it, the run is not partial and nothing is stored.
 */
export async function askEachCoin<Served, Row extends { readonly amount: DecimalText }>(
  deps: CoinDeps,
  scope: Scope,
  run: Run,
  ask: (coin: string) => Promise<Listing<Served>>,
  rowOf: (served: Served) => Row,
): Promise<ServedTotals<Row & { readonly currency: string }>> {
  const { earned, isDiscoveryDue } = await deps.income.findCoins(scope, deps.tiers.fullEveryMs);
  const totals: (Row & { currency: string })[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const currency of new Set([...earned, ...(isDiscoveryDue ? deps.tiers.coins : [])])) {
    throwIfAborted(run.signal);
    try {
      const listing = await ask(currency);
      run.add({ rowsRead: listing.rows.length + listing.unreadable.length });
      const rows = listing.rows.map((row) => ({ ...rowOf(row), currency }));
      totals.push(...rows.filter(({ amount }) => earned.includes(currency) || amount !== NOTHING_EARNED));
      unreadable.push(
        ...listing.unreadable.map(({ raw, reason }) => ({ raw, reason: `${currency}: ${reason}` })),
      );
    } catch (error) {
      if (!isKpoolError(error, 'pool.parameter')) throw error;
      if (earned.includes(currency)) run.markPartial(`the pool refuses to total ${currency}`);
    }
  }
  return { totals, unreadable, isDiscovery: isDiscoveryDue };
}

/** Adds what was stored to the run's totals. */
export function countTotals(run: Run, { removed, ...counts }: ListingCounts): void {
  run.add({ ...counts, withdrawn: removed });
  if (counts.quarantined > 0) run.markPartial('totals that could not be parsed are in quarantine');
}
