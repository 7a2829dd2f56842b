// kpool check: an account's credentials, status and clock, by one request.
import type { Config } from '../../config/config';
import { judge } from '../../report/wellness/judge';
import type { ServiceAccount } from '../../service/service-account';
import { failedCheck, passedCheck, type CheckResult } from './result';

/** A larger error of the host's clock is reported, although requests are signed with the pool's time. */
const CLOCK_TOLERANCE_MS = 2_000;
const CHECK_PRIORITY = 1;

/** Asks the pool with the account's key, and reports on the account, the clock and the pace. */
export async function checkAccount(
  account: ServiceAccount,
  { pool: config }: Pick<Config, 'pool'>,
  isPacedAsWhole: (key: string) => boolean,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const name = `account ${account.name}`;
  const stopped = describeStop(name, account);
  try {
    const { rows } = await account.pool.queryAlgorithms({ priority: CHECK_PRIORITY, signal });
    return [
      ...stopped,
      passedCheck(name, `the pool accepts its key and mines ${rows.join(', ')}`),
      checkClock(account.pool.offsetMs()),
      describePace(config, config.rateScope === 'auto' && isPacedAsWhole(account.pool.fingerprint)),
    ];
  } catch (error) {
    return [...stopped, failedCheck(name, error)];
  }
}

function describeStop(
  name: string,
  { name: account, status, statusReason: reason }: ServiceAccount,
): CheckResult[] {
  return judge({ accounts: [{ account, status, reason }] }).problems.map(({ what, cause, fix }) => ({
    name,
    isWell: false,
    text: [what, cause].filter((part) => part !== null).join(' '),
    hint: fix,
  }));
}

function describePace(
  { requestsPerSecond, rateScope }: Config['pool'],
  isPacedAsWhole: boolean,
): CheckResult {
  const pace = `at most ${requestsPerSecond} requests a second`;
  if (!isPacedAsWhole)
    return passedCheck(
      'rate',
      `${pace} per ${rateScope === 'key' ? 'key' : 'key and endpoint'} (scope: ${rateScope})`,
    );
  return passedCheck(
    'rate',
    `${pace} for the key as a whole, since the pool throttled it (scope: auto)`,
    'KUCOIN_POOL_RATE_SCOPE=endpoint returns to the faster pace.',
  );
}

function checkClock(offsetMs: number): CheckResult {
  const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
  if (Math.abs(offsetMs) <= CLOCK_TOLERANCE_MS) return passedCheck('clock', 'agrees with the pool');
  return passedCheck(
    'clock',
    `this host's clock is ${seconds} s ${offsetMs > 0 ? 'behind' : 'ahead of'} the pool's; requests are signed with the pool's time`,
    'Let the host set its clock (NTP).',
  );
}
