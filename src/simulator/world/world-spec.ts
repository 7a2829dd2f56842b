import { DEFAULT_ALGORITHMS } from './algorithm-profiles';

/** The size of the seeded world. */
export interface WorldSpec {
  /** One API key each. */
  readonly accounts: number;
  readonly subAccountsPerAccount: number;
  /** The algorithms in algo/query. Each sub-account mines one or two of them. */
  readonly algorithms: readonly string[];
  /** Days of history before the start, at most; sub-accounts join at different times within the first third. */
  readonly days: number;
  /** Machines on a sub-account's default algorithm; a second algorithm gets a quarter of them. */
  readonly workersPerSubAccount: number;
  /** Hashrates and states of workers change once per slot. `Infinity` freezes them. */
  readonly workerSlotMs: number;
  readonly firstPuid: bigint;
  readonly firstWorkerId: bigint;
  /** Every account numbers its sub-accounts from `firstPuid`: nothing says that a puid is unique across keys. */
  readonly puidsOverlap: boolean;
}

export const DEFAULT_WORLD: WorldSpec = {
  accounts: 1,
  subAccountsPerAccount: 3,
  algorithms: DEFAULT_ALGORITHMS,
  days: 3 * 365,
  workersPerSubAccount: 24,
  workerSlotMs: 600_000,
  firstPuid: 100_241n,
  firstWorkerId: 7_300_001n,
  puidsOverlap: false,
};
