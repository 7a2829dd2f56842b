import type { Clock } from '../../core/clock';

/** The progress of one task, or of all tasks together. */
export interface Progress {
  readonly done: number;
  /** Null while unknown. */
  readonly total: number | null;
  /** What `done` and `total` count, if it needs saying. */
  readonly unit?: string;
  /** Rows read so far. */
  readonly rows?: number;
  readonly note?: string;
  /** The progress of all tasks together: shown first, and in a pipe instead of the unfinished tasks. */
  readonly isTotal?: boolean;
}

/** Shows the progress of several named tasks. */
export interface ProgressReporter {
  update(name: string, progress: Progress): void;
  /** Prints whole lines unchanged between the bars: for the log. */
  writeBetween(lines: string): void;
  /** Restores the terminal, and prints the last state of tasks that was not printed yet. */
  stop(): void;
}

export interface ProgressOptions {
  readonly mode: 'bars' | 'lines' | 'nothing';
  /** Standard error: results go elsewhere. */
  readonly stream: NodeJS.WritableStream & { readonly rows?: number; readonly columns?: number };
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly useColour?: boolean;
}
