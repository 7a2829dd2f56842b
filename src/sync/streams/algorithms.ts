import type { CatalogStore } from '../listing-ports';
import type { Pool, Scope } from '../ports';
import type { Run } from '../run';
import { storeConfirmed } from './confirmed-listing';

/** Algorithms that the pool mines. Source: `GET /v1/external/algo/query`. */
export async function syncAlgorithms(
  deps: { readonly pool: Pick<Pool, 'queryAlgorithms'>; readonly catalog: CatalogStore },
  scope: Scope,
  run: Run,
): Promise<void> {
  await storeConfirmed(
    run,
    () => deps.pool.queryAlgorithms(run.callOptions),
    (listing, confirmed) => deps.catalog.storeAlgorithms(scope, run.cursorVersion, listing, confirmed),
  );
}
