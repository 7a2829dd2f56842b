import type { Pool, Scope } from '../ports';
import type { Run } from '../run';
import { askEachCoin, countTotals, type CoinDeps } from './each-coin';

/** What each sub-account has earned since ever, by currency. Source: `GET /v1/external/sub-user/earn`. */
export async function syncSubAccountIncome(
  deps: CoinDeps & { readonly pool: Pick<Pool, 'querySubAccountIncome'> },
  scope: Scope,
  run: Run,
): Promise<void> {
  const { totals, unreadable } = await askEachCoin(
    deps,
    scope,
    run,
    (coin) => deps.pool.querySubAccountIncome(coin, run.callOptions),
    (income) => income,
  );
  countTotals(run, await deps.income.storeSubAccountIncome(scope, run.cursorVersion, totals, unreadable));
}
