/** One currency that an algorithm earns. */
export interface CoinProfile {
  readonly currency: string;
  /** Decimals of its amounts: 8 or 18. */
  readonly decimals: 8 | 18;
  /** Typical income of one machine in one day. */
  readonly perMachineDay: number;
  /** Merged-mined coins come as daily earnings or only as UNITE_COIN_EARN rewards: the specification allows both. */
  readonly via: 'earnings' | 'rewards';
}

export interface AlgorithmProfile {
  readonly algo: string;
  /** Hashrate of one machine, H/s. */
  readonly machineHps: number;
  readonly coins: readonly CoinProfile[];
}

const PROFILES: readonly AlgorithmProfile[] = [
  {
    algo: 'SHA256d',
    machineHps: 200e12,
    coins: [
      { currency: 'BTC', decimals: 8, perMachineDay: 0.0000972, via: 'earnings' },
      { currency: 'FB', decimals: 18, perMachineDay: 0.0131, via: 'rewards' },
    ],
  },
  {
    algo: 'Scrypt',
    machineHps: 9.5e9,
    coins: [
      { currency: 'LTC', decimals: 8, perMachineDay: 0.0213, via: 'earnings' },
      { currency: 'DOGE', decimals: 8, perMachineDay: 74.2, via: 'earnings' },
      { currency: 'BELLS', decimals: 18, perMachineDay: 0.61, via: 'rewards' },
    ],
  },
  {
    algo: 'Ethash',
    machineHps: 2.4e9,
    coins: [{ currency: 'ETHW', decimals: 18, perMachineDay: 0.43, via: 'earnings' }],
  },
  {
    algo: 'KHeavyHash',
    machineHps: 21e12,
    coins: [{ currency: 'KAS', decimals: 8, perMachineDay: 61.3, via: 'earnings' }],
  },
  {
    algo: 'Etchash',
    machineHps: 3.1e9,
    coins: [{ currency: 'ETC', decimals: 18, perMachineDay: 0.112, via: 'earnings' }],
  },
  {
    algo: 'X11',
    machineHps: 1.3e12,
    coins: [{ currency: 'DASH', decimals: 8, perMachineDay: 0.0141, via: 'earnings' }],
  },
];

export const DEFAULT_ALGORITHMS: readonly string[] = ['SHA256d', 'Scrypt', 'Ethash', 'KHeavyHash'];

/** What an algorithm earns; an unknown one earns a currency of the same name. */
export function profileOf(algo: string): AlgorithmProfile {
  return (
    PROFILES.find((profile) => profile.algo === algo) ?? {
      algo,
      machineHps: 1e9,
      coins: [{ currency: algo.toUpperCase(), decimals: 8, perMachineDay: 1.5, via: 'earnings' }],
    }
  );
}
