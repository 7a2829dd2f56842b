import { throwIfAborted } from '../../core/clock';
import { isKpoolError } from '../../core/errors';
import type { Precedence } from '../../domain/due-scopes';
import type { Listing, UnreadableRow } from '../../domain/page';
import { LEDGER_STREAMS } from '../../domain/streams';
import type { ListingCounts } from '../../domain/row-counts';
import type { IncomeStore } from '../listing-ports';
import type { Scope } from '../ports';
import type { Run } from '../run';

/** Totals are read right after the ledger, which names the currencies and is what they are compared with. */
export const AFTER_LEDGER: Precedence = {
  streams: ['algorithms', 'sub-accounts', ...LEDGER_STREAMS],
  wait: 'each',
};

export interface CoinDeps {
  readonly income: IncomeStore;
  /** Currencies (`COINS`) to read whether or not the ledger holds them. */
  readonly tiers: { readonly coins: readonly string[] };
}

export interface CoinTotals<Row> {
  readonly totals: readonly (Row & { readonly currency: string })[];
  readonly unreadable: readonly UnreadableRow[];
}

/**
 * Reads the total of every currency that the account's ledger holds or that is configured. A refused currency makes the
 * run partial only if the ledger holds it.
 */
export async function askEachCoin<Served, Row>(
  deps: CoinDeps,
  scope: Scope,
  run: Run,
  ask: (coin: string) => Promise<Listing<Served>>,
  rowOf: (served: Served) => Row,
): Promise<CoinTotals<Row>> {
  const earned = await deps.income.findCurrencies(scope.accountId);
  const totals: (Row & { currency: string })[] = [];
  const unreadable: UnreadableRow[] = [];
  for (const currency of new Set([...earned, ...deps.tiers.coins])) {
    throwIfAborted(run.signal);
    try {
      const listing = await ask(currency);
      run.add({ rowsRead: listing.rows.length + listing.unreadable.length });
      totals.push(...listing.rows.map((row) => ({ ...rowOf(row), currency })));
      unreadable.push(
        ...listing.unreadable.map(({ raw, reason }) => ({ raw, reason: `${currency}: ${reason}` })),
      );
    } catch (error) {
      if (!isKpoolError(error, 'pool.parameter')) throw error;
      if (earned.includes(currency)) run.markPartial(`the pool refuses to total ${currency}`);
    }
  }
  return { totals, unreadable };
}

/** Adds what was stored to the run's totals. */
export function countTotals(run: Run, { removed, ...counts }: ListingCounts): void {
  run.add({ ...counts, withdrawn: removed });
  if (counts.quarantined > 0) run.markPartial('totals that could not be understood are in quarantine');
}
