import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { ScopeKey } from '../world/ledger-row';
import type { Call } from './endpoint';

const UNKNOWN_PLACE = { unknown: true, removed: false } as const;

/** `algo` and `puid`, which must be this user's. */
export function readScope({ account, parameters, quirks }: Call): ScopeKey {
  const algo = parameters.get('algo');
  const puid = parameters.getId('puid');
  const algorithm = account.algorithms.get(algo) ?? UNKNOWN_PLACE;
  const subAccount = account.findSubAccount(puid) ?? UNKNOWN_PLACE;
  if ('unknown' in algorithm || (algorithm.removed && quirks.removedAlgorithms === 'refused')) {
    throw new Refusal(SYSTEM_CODES.parameter, 'algo is unknown');
  }
  if ('unknown' in subAccount || (subAccount.removed && quirks.removedSubAccounts === 'refused')) {
    throw new Refusal(SYSTEM_CODES.parameter, 'puid is not a sub-account of this key');
  }
  return { account: account.name, puid, algo };
}
