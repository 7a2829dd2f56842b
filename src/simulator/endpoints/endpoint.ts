import type { Parameters } from '../http/parameters';
import type { Quirks } from '../quirks';
import type { Random } from '../random';
import type { SimAccount } from '../world/sim-account';
import type { World } from '../world/world';

/** A signed request, on its way to an answer. */
export interface Call {
  readonly world: World;
  readonly account: SimAccount;
  readonly parameters: Parameters;
  readonly quirks: Quirks;
  /** Another sequence for each request: what is unstable differs between two of them. */
  readonly random: Random;
}

/** The `data` of the answer as JSON text; throws `Refusal`. */
export type Answer = (call: Call) => string;
