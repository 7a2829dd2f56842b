import { StreamRegistry } from './stream-registry';
import { accountIncome } from './streams/account-income';
import { algorithms } from './streams/algorithms';
import { earnings, rewards } from './streams/income';
import { subAccountIncome } from './streams/sub-account-income';
import { subAccounts } from './streams/sub-accounts';
import { workerDetails } from './streams/worker-details';
import { workers } from './streams/workers';

/** Every stream, most valuable first: a new one is a file in `streams/` and a line here. */
export const STREAMS = new StreamRegistry([
  algorithms,
  subAccounts,
  earnings,
  rewards,
  accountIncome,
  subAccountIncome,
  workers,
  workerDetails,
]);
