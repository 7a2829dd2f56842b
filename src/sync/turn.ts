import type { Clock } from '../core/clock';
import { isKpoolError } from '../core/errors';
import type { Scope, Turn, TurnStore } from './ports';
import type { Run } from './run';

/**
 * What a run does that finds another one of its scope under way, here or in another process. It `joins` it: waits for its
 * end and takes over what it found. It `follows` it: waits, and then reads by itself. Or they `share` the scope and
 * commit in turn.
 */
export type Company = 'joins' | 'follows' | 'shares';

export interface TurnDeps {
  readonly turns: TurnStore;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told again and again while a run has to wait. */
  readonly onWait?: (() => void) | undefined;
}

const LOOK_EVERY_MS = 1_000;
/** Whoever holds a scope longer hangs. What both of them read then, the version of the cursor keeps in order (P9). */
const MAX_LOOKS = 3_600;
/** Commits that may lose to a run beside this one, which happens only when a turn was lost. */
const MAX_SUPERSEDED = 3;

/** One run's right to a scope, so that no two runs ask the pool for the same, nor bring home an older answer later. */
export class ScopeTurn {
  #turn: Turn | null = null;

  constructor(
    private readonly deps: TurnDeps,
    private readonly scope: Scope,
    private readonly company: Company,
  ) {}

  /** Runs `work` as soon as the scope is free, or takes over what another run found meanwhile. Throws what `work` throws. */
  async use(run: Run, work: () => Promise<void>): Promise<void> {
    if (this.company === 'shares') {
      await work();
      return;
    }
    for (let superseded = 0; ; superseded += 1) {
      this.#turn ??= await this.#wait(run);
      const { version, lastEnded } = await this.deps.turns.look(this.scope, run.runId);
      if (this.company === 'joins' && lastEnded !== null) {
        run.takeOver(lastEnded);
        return;
      }
      run.cursorVersion = version;
      try {
        await work();
        return;
      } catch (error) {
        if (!isKpoolError(error, 'sync.superseded') || superseded >= MAX_SUPERSEDED) throw error;
      }
    }
  }

  /** To be called once the run is recorded: whoever comes next finds the record. */
  async release(): Promise<void> {
    await this.#turn?.release();
    this.#turn = null;
  }

  async #wait(run: Run): Promise<Turn | null> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const turn = await this.deps.turns.take(this.scope);
      if (turn !== null) return turn;
      this.deps.onWait?.();
      await this.deps.clock.sleep(LOOK_EVERY_MS, run.signal);
    }
    return null;
  }
}
