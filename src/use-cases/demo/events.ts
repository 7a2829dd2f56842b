// What happens at the demo's pool while someone watches.
import { millisecondsInDay } from 'date-fns/constants';
import type { Simulator } from '../../simulator';

const MONTH_DAYS = 30;
/** A bonus small enough to leave the charts as they are. */
const BONUS = '0.00000421';
const CORRECTED_AGE_DAYS = { amended: 12, withdrawn: 19 } as const;

interface DayRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The pool corrects two settled rows of the last month: one gets another amount, one is no longer served. Returns the
 * span of mining time to read again.
 */
export function correctIncome({ world, accounts }: Simulator, nowMs: number): DayRange {
  const [account] = accounts;
  const [scope] = account === undefined ? [] : world.scopes(account.name);
  const rows = scope === undefined ? [] : world.earnings(scope);
  const findRow = (ageDays: number) =>
    rows.find(
      ({ minedAtMs, status }) => status === 'SETTLED' && minedAtMs > nowMs - ageDays * millisecondsInDay,
    );
  const amended = findRow(CORRECTED_AGE_DAYS.amended);
  const withdrawn =
    scope === undefined
      ? undefined
      : world
          .rewards(scope)
          .find(
            ({ minedAtMs, status, type }) =>
              status === 'SETTLED' &&
              type !== 'MINING_EARN' &&
              minedAtMs > nowMs - CORRECTED_AGE_DAYS.withdrawn * millisecondsInDay,
          );
  if (amended !== undefined)
    world.amend(amended, { amount: `${amended.amount.split('.')[0] ?? '0'}.00123456` });
  if (withdrawn !== undefined) world.withdraw(withdrawn);
  return { fromMs: nowMs - MONTH_DAYS * millisecondsInDay, toMs: nowMs };
}

/** Events at the pool for someone who is watching: each call causes one and describes it. */
export function createDemoEvents({ world, accounts }: Simulator): (nowMs: number) => string {
  const [account] = accounts;
  const scopes = account === undefined ? [] : world.scopes(account.name);
  const [bonusScope] = scopes;
  const fleetScope = scopes.at(-1);
  let down: ReturnType<typeof world.workers>[number] | null = null;
  let turn = 0;
  return (nowMs) => {
    turn += 1;
    if (turn % 3 === 0 && bonusScope !== undefined) {
      const [like] = world.earnings(bonusScope);
      world.insertReward(bonusScope, {
        currency: like?.currency ?? 'BTC',
        minedAtMs: nowMs,
        amount: BONUS,
        type: 'FEE_RATE_EARN',
        status: 'WAIT_SETTLE',
      });
      return 'A fee subsidy was granted.';
    }
    if (fleetScope === undefined) return 'All quiet.';
    if (down !== null) {
      const { workerName, dayHashRate } = down;
      world.changeWorker(down, {
        status: 'ACTIVE',
        realHashRate: dayHashRate,
        hourHashRate: dayHashRate,
        lastShareAtMs: nowMs,
      });
      down = null;
      return `${workerName} is back.`;
    }
    const machine = world
      .workers(fleetScope)
      .find(({ status, dayHashRate }) => status === 'ACTIVE' && dayHashRate !== '0');
    if (machine === undefined) return 'All quiet.';
    down = machine;
    world.changeWorker(machine, { status: 'INACTIVE', realHashRate: '0', hourHashRate: '0' });
    return `${machine.workerName} went down.`;
  };
}
