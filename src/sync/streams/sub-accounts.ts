import type { Pool } from '../../domain/pool';
import type { Scope } from '../../domain/scope';
import type { CatalogStore } from '../ports/listing-ports';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import { storeConfirmed } from './confirmed-listing';

/** The sub-accounts of an account and their present hashrates. Source: `GET /v1/external/user/query`. */
async function syncSubAccounts(
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

export const subAccounts: StreamDefinition = {
  name: 'sub-accounts',
  endpoint: 'user/query',
  scopes: 'account',
  every: '10 min',
  concurrency: 1,
  isCatalog: true,
  // A listing also proves which account the key belongs to, so each run lists for itself.
  lockMode: 'wait-and-rerun',
  sync: syncSubAccounts,
};
