import type { Pool, Scope } from '../ports';
import type { Run } from '../run';
import { askEachCoin, countTotals, type CoinDeps } from './each-coin';

/** What the account has earned since ever, by currency. Source: `GET /v1/external/user/earn`. */
export async function syncAccountIncome(
  deps: CoinDeps & { readonly pool: Pick<Pool, 'queryAccountIncome'> },
  scope: Scope,
  run: Run,
): Promise<void> {
  const { totals, unreadable } = await askEachCoin(
    deps,
    scope,
    run,
    (coin) => deps.pool.queryAccountIncome(coin, run.callOptions),
    (amount) => ({ amount }),
  );
  countTotals(run, await deps.income.storeAccountIncome(scope, run.cursorVersion, totals, unreadable));
}
