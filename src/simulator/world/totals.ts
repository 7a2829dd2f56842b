import { formatUnits } from '../amounts';
import type { Quirks } from '../quirks';
import type { LedgerSums } from './ledger';
import type { SimAccount } from './sim-account';
import type { SimScope } from './sim-scope';

type Definition = Pick<Quirks, 'totals' | 'totalDecimals'>;

function part(sums: LedgerSums | undefined, definition: Quirks['totals']): bigint {
  if (sums === undefined) return 0n;
  switch (definition) {
    case 'earned':
    case 'earnings-only':
      return sums.settled;
    case 'with-pending':
      return sums.settled + sums.pending;
    case 'everything':
      return sums.settled + sums.settledMiningEarn;
  }
}

function unitsOfScope(scope: SimScope, coin: string, definition: Quirks['totals']): bigint {
  const earned = part(scope.ledgers.earnings.sums().get(coin), definition);
  if (definition === 'earnings-only') return earned;
  return earned + part(scope.ledgers.rewards.sums().get(coin), definition);
}

function sumUnits(scopes: readonly SimScope[], coin: string, definition: Definition): bigint {
  return scopes.reduce((sum, scope) => sum + unitsOfScope(scope, coin, definition.totals), 0n);
}

/** Accumulated income of a user in one currency, canonical decimal text. Source: user/earn. */
export function totalOfAccount(account: SimAccount, coin: string, definition: Definition): string {
  return formatUnits(sumUnits(account.scopes(), coin, definition), definition.totalDecimals ?? undefined);
}

/** Accumulated income of one sub-account, removed ones too. Source: sub-user/earn. */
export function totalOfSubAccount(
  account: SimAccount,
  puid: bigint,
  coin: string,
  definition: Definition,
): string {
  const scopes = account.scopes().filter((scope) => scope.key.puid === puid);
  return formatUnits(sumUnits(scopes, coin, definition), definition.totalDecimals ?? undefined);
}
