import type { Pool } from '../../domain/pool';
import type { Scope } from '../../domain/scope';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import { AFTER_LEDGER, askEachCoin, countTotals, type CoinDeps } from './each-coin';

/** Lifetime income of each sub-account, by currency. Source: `GET /v1/external/sub-user/earn`. */
async function syncSubAccountIncome(
  deps: CoinDeps & { readonly pool: Pick<Pool, 'querySubAccountIncome'> },
  scope: Scope,
  run: Run,
): Promise<void> {
  const served = await askEachCoin(
    deps,
    scope,
    run,
    (coin) => deps.pool.querySubAccountIncome(coin, run.callOptions),
    (income) => income,
  );
  countTotals(run, await deps.income.storeSubAccountIncome(scope, run.cursorVersion, served));
}

export const subAccountIncome: StreamDefinition = {
  name: 'sub-account-income',
  endpoint: 'sub-user/earn',
  scopes: 'account',
  every: '1h',
  concurrency: 1,
  after: AFTER_LEDGER,
  lockMode: 'wait-and-reuse',
  sync: syncSubAccountIncome,
};
