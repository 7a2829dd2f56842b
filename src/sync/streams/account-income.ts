import type { Pool } from '../../domain/pool';
import type { Scope } from '../../domain/scope';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import { AFTER_LEDGER, askEachCoin, countTotals, type CoinDeps } from './each-coin';

/** Lifetime income of the account, by currency. Source: `GET /v1/external/user/earn`. */
async function syncAccountIncome(
  deps: CoinDeps & { readonly pool: Pick<Pool, 'queryAccountIncome'> },
  scope: Scope,
  run: Run,
): Promise<void> {
  const served = await askEachCoin(
    deps,
    scope,
    run,
    (coin) => deps.pool.queryAccountIncome(coin, run.callOptions),
    (amount) => ({ amount }),
  );
  countTotals(run, await deps.income.storeAccountIncome(scope, run.cursorVersion, served));
}

export const accountIncome: StreamDefinition = {
  name: 'account-income',
  endpoint: 'user/earn',
  scopes: 'account',
  every: '1h',
  concurrency: 1,
  after: AFTER_LEDGER,
  lockMode: 'wait-and-reuse',
  sync: syncAccountIncome,
};
