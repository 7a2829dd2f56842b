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

/** The endpoint of that name; undefined if there is none. */
export function findEndpoint(name: string): Answer | undefined {
  return new Map<string, Answer>(Object.entries(ENDPOINTS)).get(name);
}
