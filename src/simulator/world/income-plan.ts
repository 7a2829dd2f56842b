import { canonical } from '../amounts';
import { fractionOf, mix } from '../random';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time';
import type { AlgorithmProfile, CoinProfile } from './algorithm-profiles';
import type { SimLedgerStream } from './sim-income';

/** A row not yet in a ledger. */
export interface RowDraft {
  readonly stream: SimLedgerStream;
  readonly currency: string;
  readonly type: string | null;
  readonly minedAtMs: number;
  readonly amount: string;
  readonly hashRate: string | null;
  readonly rejectRate: string | null;
  readonly settlesAtMs: number;
}

/** What a scope earns, day by day: a pure function of the seed and the day. Days are counted since the epoch. */
export interface IncomePlan {
  readonly firstDay: number;
  /** When the pool publishes the rows of a day. */
  publishedAtMs(day: number): number;
  /** What is published then; retroactive income has an earlier mining date. */
  draftsOf(day: number): RowDraft[];
}

export interface IncomePlanOptions {
  readonly seed: number;
  /** Number of the scope in its world, which selects the rarer patterns so that small worlds have them too. */
  readonly ordinal: number;
  readonly profile: AlgorithmProfile;
  readonly machines: number;
  readonly firstDay: number;
}

/** Salts of a day's random draws. */
const DRAW = {
  gap: 1,
  amount: 2,
  rate: 3,
  reject: 4,
  settle: 5,
  slow: 6,
  retro: 7,
  fee: 8,
  tail: 9,
} as const;
const GAP_CHANCE = 0.012;
const SLOW_CHANCE = 1 / 300;
const RETROACTIVE_CHANCE = 1 / 45;
const FEE_SUBSIDY_CHANCE = 1 / 30;

export function createIncomePlan(options: IncomePlanOptions): IncomePlan {
  const { seed, ordinal, profile, machines, firstDay } = options;
  const pendingDays = 1 + (ordinal % 3);
  const timeOfDayMs = ordinal % 5 === 3 ? 8 * HOUR_MS + (mix(seed, 11) % HOUR_MS) : 0;
  const publishOffsetMs = 5 * MINUTE_MS + (mix(seed, 12) % (2 * HOUR_MS));
  const mirrorsEarnings = ordinal % 2 === 0;

  function amountOf(coin: CoinProfile, day: number, share: number): string {
    const daySeed = mix(mix(seed, day), coin.currency.length * 131 + coin.currency.charCodeAt(0));
    const growth = 0.6 + Math.min(1.4, (day - firstDay) / 900);
    const noise = 0.88 + 0.24 * fractionOf(daySeed, DRAW.amount);
    const units = Math.max(1, Math.floor(coin.perMachineDay * machines * growth * noise * share * 1e8));
    const digits = units.toString().padStart(9, '0');
    const tail =
      coin.decimals === 18
        ? (mix(daySeed, DRAW.tail) + mix(daySeed, 10) * 2).toString().padStart(10, '0')
        : '';
    return canonical(digits.slice(0, -8), digits.slice(-8) + tail.slice(-10));
  }

  function draftsOf(day: number): RowDraft[] {
    const daySeed = mix(seed, day);
    const draw = (salt: number) => fractionOf(daySeed, salt);
    const minedAtMs = day * DAY_MS + timeOfDayMs;
    const slowMs = draw(DRAW.slow) < SLOW_CHANCE ? Math.floor(60 + 90 * draw(DRAW.settle)) * DAY_MS : 0;
    const settlesAtMs =
      day * DAY_MS + pendingDays * DAY_MS + Math.floor((12 + 11 * draw(DRAW.settle)) * HOUR_MS) + slowMs;
    const hashRate = BigInt(
      Math.round(machines * profile.machineHps * (0.94 + 0.08 * draw(DRAW.rate))),
    ).toString();
    const rejectRate = canonical(
      '0',
      Math.floor(10 + 380 * draw(DRAW.reject))
        .toString()
        .padStart(4, '0'),
    );
    const drafts: RowDraft[] = [];

    const addReward = (
      type: string,
      coin: CoinProfile,
      amount: string,
      atMs = minedAtMs,
      rate: string | null = null,
    ) =>
      drafts.push({
        stream: 'rewards',
        currency: coin.currency,
        type,
        minedAtMs: atMs,
        amount,
        hashRate: rate,
        rejectRate: null,
        settlesAtMs,
      });

    if (draw(DRAW.gap) < GAP_CHANCE) return drafts;
    for (const coin of profile.coins) {
      const amount = amountOf(coin, day, 1);
      if (coin.via === 'rewards') {
        addReward('UNITE_COIN_EARN', coin, amount);
        continue;
      }
      const { currency } = coin;
      drafts.push({
        stream: 'earnings',
        currency,
        type: null,
        minedAtMs,
        amount,
        hashRate,
        rejectRate,
        settlesAtMs,
      });
      if (mirrorsEarnings) addReward('MINING_EARN', coin, amount, minedAtMs, hashRate);
    }

    const [coin] = profile.coins;
    if (coin === undefined) return drafts;
    const date = new Date(day * DAY_MS);
    if (date.getUTCDate() === 1) {
      const amount = amountOf(coin, day, 0.05);
      // Two equal rewards on one day are two rows, since the API gives them no id.
      const copies = date.getUTCMonth() % 3 === ordinal % 3 ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) addReward('REWARD_EARN', coin, amount);
    }
    if (draw(DRAW.retro) < RETROACTIVE_CHANCE) {
      const daysBack = Math.min(day - firstDay, 2 + (mix(daySeed, 13) % 20));
      addReward('HASH_RATE_EARN', coin, amountOf(coin, day, 0.02), minedAtMs - daysBack * DAY_MS, hashRate);
    }
    if (draw(DRAW.fee) < FEE_SUBSIDY_CHANCE) addReward('FEE_RATE_EARN', coin, amountOf(coin, day, 0.01));
    return drafts;
  }

  return { firstDay, draftsOf, publishedAtMs: (day) => (day + 1) * DAY_MS + publishOffsetMs };
}
