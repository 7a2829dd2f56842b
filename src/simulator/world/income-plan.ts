import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import { DAY_MS } from '../../core/day';
import { canonical } from '../amounts';
import { fractionOf, mix } from '../random';
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

/** What the rows of one day have in common. */
interface DayFacts {
  readonly day: number;
  readonly seed: number;
  readonly minedAtMs: number;
  readonly settlesAtMs: number;
  readonly hashRate: string;
  readonly rejectRate: string;
}

/** What a scope earns, day by day: a pure function of the seed and the day. Days are counted since the epoch. */
export class IncomePlan {
  readonly firstDay: number;

  constructor(private readonly options: IncomePlanOptions) {
    this.firstDay = options.firstDay;
  }

  /** When the pool publishes the rows of a day. */
  publishedAtMs(day: number): number {
    return (
      (day + 1) * DAY_MS + 5 * millisecondsInMinute + (mix(this.options.seed, 12) % (2 * millisecondsInHour))
    );
  }

  /** What is published then; retroactive income has an earlier mining date. */
  draftsOf(day: number): RowDraft[] {
    const { seed, profile } = this.options;
    if (fractionOf(mix(seed, day), DRAW.gap) < GAP_CHANCE) return [];
    const facts = this.drawDay(day);
    const [firstCoin] = profile.coins;
    return [
      ...profile.coins.flatMap((coin) => this.dailyDrafts(coin, facts)),
      ...(firstCoin === undefined ? [] : this.rareDrafts(firstCoin, facts)),
    ];
  }

  private drawDay(day: number): DayFacts {
    const { ordinal, profile, machines } = this.options;
    const seed = mix(this.options.seed, day);
    const draw = (salt: number): number => fractionOf(seed, salt);
    const timeOfDayMs =
      ordinal % 5 === 3 ? 8 * millisecondsInHour + (mix(this.options.seed, 11) % millisecondsInHour) : 0;
    const pendingDays = 1 + (ordinal % 3);
    const slowMs = draw(DRAW.slow) < SLOW_CHANCE ? Math.floor(60 + 90 * draw(DRAW.settle)) * DAY_MS : 0;
    const hashRate = Math.round(machines * profile.machineHps * (0.94 + 0.08 * draw(DRAW.rate)));
    const rejected = Math.floor(10 + 380 * draw(DRAW.reject));
    return {
      day,
      seed,
      minedAtMs: day * DAY_MS + timeOfDayMs,
      settlesAtMs:
        (day + pendingDays) * DAY_MS +
        Math.floor((12 + 11 * draw(DRAW.settle)) * millisecondsInHour) +
        slowMs,
      hashRate: BigInt(hashRate).toString(),
      rejectRate: canonical('0', rejected.toString().padStart(4, '0')),
    };
  }

  /** The row of each day; half of the scopes have it as a reward, too. */
  private dailyDrafts(coin: CoinProfile, facts: DayFacts): RowDraft[] {
    const { day, minedAtMs, settlesAtMs, hashRate, rejectRate } = facts;
    const amount = this.amountOf(coin, day, 1);
    if (coin.via === 'rewards') return [createReward('UNITE_COIN_EARN', coin, amount, facts)];
    const earning: RowDraft = {
      stream: 'earnings',
      currency: coin.currency,
      type: null,
      minedAtMs,
      amount,
      hashRate,
      rejectRate,
      settlesAtMs,
    };
    const isMirrored = this.options.ordinal % 2 === 0;
    return isMirrored
      ? [earning, { ...createReward('MINING_EARN', coin, amount, facts), hashRate }]
      : [earning];
  }

  /** Rewards at the month's first day, and some by chance. */
  private rareDrafts(coin: CoinProfile, facts: DayFacts): RowDraft[] {
    const { day, seed, minedAtMs, hashRate } = facts;
    const drafts: RowDraft[] = [];
    const date = new Date(day * DAY_MS);
    if (date.getUTCDate() === 1) {
      const reward = createReward('REWARD_EARN', coin, this.amountOf(coin, day, 0.05), facts);
      drafts.push(reward);
      // Two equal rewards on one day are two rows, since the API gives them no id.
      if (date.getUTCMonth() % 3 === this.options.ordinal % 3) drafts.push({ ...reward });
    }
    if (fractionOf(seed, DRAW.retro) < RETROACTIVE_CHANCE) {
      const daysBack = Math.min(day - this.firstDay, 2 + (mix(seed, 13) % 20));
      const reward = createReward('HASH_RATE_EARN', coin, this.amountOf(coin, day, 0.02), facts);
      drafts.push({ ...reward, minedAtMs: minedAtMs - daysBack * DAY_MS, hashRate });
    }
    if (fractionOf(seed, DRAW.fee) < FEE_SUBSIDY_CHANCE)
      drafts.push(createReward('FEE_RATE_EARN', coin, this.amountOf(coin, day, 0.01), facts));
    return drafts;
  }

  private amountOf(coin: CoinProfile, day: number, share: number): string {
    const { machines } = this.options;
    const seed = mix(mix(this.options.seed, day), coin.currency.length * 131 + coin.currency.charCodeAt(0));
    const growth = 0.6 + Math.min(1.4, (day - this.firstDay) / 900);
    const noise = 0.88 + 0.24 * fractionOf(seed, DRAW.amount);
    const units = Math.max(1, Math.floor(coin.perMachineDay * machines * growth * noise * share * 1e8));
    const digits = units.toString().padStart(9, '0');
    const tail =
      coin.decimals === 18 ? (mix(seed, DRAW.tail) + mix(seed, 10) * 2).toString().padStart(10, '0') : '';
    return canonical(digits.slice(0, -8), digits.slice(-8) + tail.slice(-10));
  }
}

function createReward(
  type: string,
  { currency }: CoinProfile,
  amount: string,
  { minedAtMs, settlesAtMs }: DayFacts,
): RowDraft {
  return {
    stream: 'rewards',
    currency,
    type,
    minedAtMs,
    amount,
    hashRate: null,
    rejectRate: null,
    settlesAtMs,
  };
}
