import type { Parameters } from '../http/parameters';
import type { Quirks } from '../quirks';
import type { Random } from '../random';
import type { SimAccount } from '../world/sim-account';
import type { World } from '../world/world';

/** A signed request that is about to be answered. */
export interface Call {
  readonly world: World;
  readonly account: SimAccount;
  readonly parameters: Parameters;
  readonly quirks: Quirks;
  /** A new sequence for each request, so that what is unstable differs from one to the next. */
  readonly random: Random;
}

/** The `data` of the answer as JSON text; throws `Refusal`. */
export type Answer = (call: Call) => string;
