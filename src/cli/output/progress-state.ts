import type { Clock } from '../../core/clock';
import { formatCount, groupDigits } from './numbers';
import type { Progress } from './progress-reporter';
import { formatDuration } from './times';

/** Before this, rate and time left are too uncertain to show. */
const RATED_AFTER_MS = 3_000;

/** The progress of one task at one moment. */
export interface ProgressLine extends Progress {
  readonly name: string;
  readonly elapsedMs: number;
  /** Null while unknown. */
  readonly leftMs: number | null;
}

/** Tracks elapsed time, and estimates the time left. */
export class ProgressTiming {
  private readonly startedMs = new Map<string, number>();
  /** Of the unfinished tasks. */
  private readonly leftMs = new Map<string, number | null>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  lineOf(name: string, progress: Progress): ProgressLine {
    const nowMs = this.clock.monotonicMs();
    const startedMs = this.startedMs.get(name) ?? nowMs;
    this.startedMs.set(name, startedMs);
    const elapsedMs = nowMs - startedMs;
    if (progress.isTotal === true)
      return { ...progress, name, elapsedMs, leftMs: this.totalLeftMs(progress) };
    const { done, total } = progress;
    const isKnown = total !== null && done > 0 && elapsedMs >= RATED_AFTER_MS;
    const leftMs = isKnown ? (elapsedMs * (total - done)) / done : null;
    if (isFinished(progress)) this.leftMs.delete(name);
    else this.leftMs.set(name, leftMs);
    return { ...progress, name, elapsedMs, leftMs };
  }

  /** The slowest task's, once all have started. */
  private totalLeftMs({ total }: Progress): number | null {
    const lefts = [...this.leftMs.values()];
    const areKnown = this.startedMs.size > (total ?? Infinity) && lefts.length > 0;
    return areKnown
      ? lefts.reduce((most, left) => (most === null || left === null ? null : Math.max(most, left)), 0)
      : null;
  }
}

export function isFinished({ done, total }: Progress): boolean {
  return total !== null && done >= total;
}

/** Count, rows, rate and time left, as far as known. */
export function formatFacts(line: ProgressLine): string[] {
  const { rows, elapsedMs, leftMs } = line;
  const isRated = elapsedMs >= RATED_AFTER_MS;
  const facts = [formatAmount(line)];
  if (rows !== undefined) facts.push(formatCount(rows, 'row'));
  if (rows !== undefined && rows > 0 && isRated)
    facts.push(`${groupDigits(String(Math.round((rows / elapsedMs) * 1_000)))}/s`);
  if (leftMs !== null && leftMs > 0)
    facts.push(`${formatDuration(leftMs).replace(/^(\d+ \w+) .*/, '$1')} left`);
  return facts;
}

function formatAmount({ done, total, unit }: Progress): string {
  const count = groupDigits(String(Math.floor(done)));
  const amount = total === null ? count : `${count} of ${groupDigits(String(total))}`;
  return unit === undefined ? amount : `${amount} ${unit}`;
}
