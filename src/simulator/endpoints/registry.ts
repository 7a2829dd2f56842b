import type { PoolEndpoint } from '../../core/pool-endpoint';
import { queryAccountIncome, querySubAccountIncome } from './accumulated-income';
import { queryAlgorithms } from './algo-query';
import type { Answer } from './endpoint';
import { queryEarnings, queryRewards } from './income-query';
import { querySubAccounts } from './user-query';
import { getWorker } from './worker-get';
import { queryWorkers } from './worker-query';

const ENDPOINTS: Readonly<Record<PoolEndpoint, Answer>> = {
  'algo/query': queryAlgorithms,
  'user/query': querySubAccounts,
  'worker/query': queryWorkers,
  'worker/get': getWorker,
  'earn/query': queryEarnings,
  'reward/query': queryRewards,
  'user/earn': queryAccountIncome,
  'sub-user/earn': querySubAccountIncome,
};

/** What answers under a name, or undefined when nothing does. */
export function findEndpoint(name: string): Answer | undefined {
  return new Map<string, Answer>(Object.entries(ENDPOINTS)).get(name);
}
