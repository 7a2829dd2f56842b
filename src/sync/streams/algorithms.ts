import type { Pool } from '../../domain/pool';
import type { Scope } from '../../domain/scope';
import type { CatalogStore } from '../ports/listing-ports';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import { storeConfirmed } from './confirmed-listing';

/** Algorithms that the pool mines. Source: `GET /v1/external/algo/query`. */
async function syncAlgorithms(
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

export const algorithms: StreamDefinition = {
  name: 'algorithms',
  endpoint: 'algo/query',
  scopes: 'account',
  every: '1 day',
  concurrency: 1,
  isCatalog: true,
  lockMode: 'wait-and-reuse',
  sync: syncAlgorithms,
};
