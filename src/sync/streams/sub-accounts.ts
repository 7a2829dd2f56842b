import type { CatalogStore } from '../listing-ports';
import type { Pool, Scope } from '../ports';
import type { Run } from '../run';
import { storeConfirmed } from './confirmed-listing';

/** Sub-accounts of an account and their hashrates now. Source: `GET /v1/external/user/query`. */
export async function syncSubAccounts(
  deps: { readonly pool: Pick<Pool, 'querySubAccounts'>; readonly catalog: CatalogStore },
  scope: Scope,
  run: Run,
): Promise<void> {
  await storeConfirmed(
    run,
    () => deps.pool.querySubAccounts(run.callOptions),
    (listing, confirmed) => deps.catalog.storeSubAccounts(scope, run.cursorVersion, listing, confirmed),
  );
}
