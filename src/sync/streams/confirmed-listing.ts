import { throwIfAborted } from '../../core/clock';
import type { ListingResult } from '../../domain/row-counts';
import type { Run } from '../runs/run';

/** Listings that may disagree on what is gone before the run ends as `partial`. */
const MAX_LISTINGS = 4;

/** Lists and stores, until two complete listings agree on what is gone. */
export async function storeConfirmed<L extends { rows: readonly unknown[]; unreadable: readonly unknown[] }>(
  run: Run,
  list: () => Promise<L>,
  store: (listing: L, confirmedMissing: ReadonlySet<string>) => Promise<ListingResult>,
): Promise<void> {
  let confirmedMissing: ReadonlySet<string> = new Set();
  for (let attempt = 1; attempt <= MAX_LISTINGS; attempt += 1) {
    throwIfAborted(run.signal);
    // An empty list counts only when it is served twice.
    let listing = await list();
    if (attempt === 1 && listing.rows.length + listing.unreadable.length === 0) listing = await list();
    const verdict = await store(listing, confirmedMissing);
    if (verdict.outcome === 'stored') {
      const { removed, ...counts } = verdict.counts;
      run.add({ ...counts, withdrawn: removed, rowsRead: listing.rows.length + listing.unreadable.length });
      if (counts.quarantined > 0) run.markPartial('rows that could not be parsed are in quarantine');
      return;
    }
    confirmedMissing = verdict.missing;
  }
  run.markPartial('no two listings agree on what is gone');
}
