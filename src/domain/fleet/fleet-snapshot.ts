import type { WorkerId } from '../ids';
import type { UnreadableRow } from '../page';

/** A snapshot in progress over all workers of a scope. */
export interface FleetSnapshot {
  readonly snapshotId: bigint;
  /** The cursor's version at the start; a snapshot that another one overtook is refused (P9). */
  readonly version: bigint;
  /** No snapshot of this scope was completed before. */
  readonly isFirst: boolean;
  /** Workers that were listed before. */
  readonly knownWorkers: number;
  /** The lists by status have not been compared with the count of all workers for a day. */
  readonly isTotalDue: boolean;
}

/** How a snapshot ended. */
export interface FleetLanding {
  /** Every list was read to its end. An incomplete snapshot stores what it saw and says nothing about other workers. */
  readonly isComplete: boolean;
  /** Workers that were staged, each once. */
  readonly staged: number;
  readonly unreadable: readonly UnreadableRow[];
  /** Workers that the unreadable rows may be; null when any may be one of them. */
  readonly unreadableWorkers: ReadonlySet<WorkerId> | null;
  /** The count of all workers was asked for and compared. */
  readonly totalCompared: boolean;
}

/** Workers of one page as members of a JSON list, ready for a statement: a tenth of the memory of the parsed page. */
export interface PackedWorkers {
  readonly text: string;
  readonly count: number;
}

/** Workers to ask details of next. */
export interface DetailsBatch {
  /** The cursor's version before; if it moved, the batch is refused (P9). */
  readonly version: bigint;
  readonly workerIds: readonly WorkerId[];
  /** The position of the round after the batch: its last worker, null at the end. */
  readonly position: WorkerId | null;
  /** The database's clock just before the batch is requested, ms since the epoch. */
  readonly askedAtMs: number;
}
