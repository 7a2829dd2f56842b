import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { Quirks } from '../quirks';
import type { SimScopeKey } from '../world/sim-income';
import type { Call } from './endpoint';

const NOBODY = -1n;
const UNKNOWN_PUID = new Refusal(SYSTEM_CODES.parameter, 'puid is not a sub-account of this key');
const UNKNOWN_PLACE = { unknown: true, removed: false } as const;

/** `algo` and `puid`, which must be this user's. */
export function readScope({ account, parameters, quirks }: Call): SimScopeKey {
  const algo = parameters.get('algo');
  const puid = parameters.getId('puid');
  const algorithm = account.algorithms.get(algo) ?? UNKNOWN_PLACE;
  const subAccount = account.findSubAccount(puid) ?? UNKNOWN_PLACE;
  if ('unknown' in algorithm || (algorithm.removed && quirks.removedAlgorithms === 'refused')) {
    throw new Refusal(SYSTEM_CODES.parameter, 'algo is unknown');
  }
  if ('unknown' in subAccount) throw UNKNOWN_PUID;
  return { account: account.name, puid: subAccount.removed ? readRemoved(puid, quirks) : puid, algo };
}

/** The puid whose data are served for a sub-account that was removed. */
function readRemoved(puid: bigint, { removedSubAccounts }: Quirks): bigint {
  switch (removedSubAccounts) {
    case 'queryable':
      return puid;
    case 'empty':
      return NOBODY;
    case 'refused':
      throw UNKNOWN_PUID;
    case 'not-found':
      throw new Refusal('404', 'Not Found', 404);
    case 'forbidden':
      throw new Refusal('403', '', 403);
  }
}
