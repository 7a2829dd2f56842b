import { MultiBar, type SingleBar } from 'cli-progress';
import { createColors } from 'picocolors';
import type { Clock } from '../../core/clock';
import { toPrintable } from '../../observability/printable';
import { formatCount, groupDigits } from './numbers';
import { formatDuration } from './times';

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
  /** Prints a line between the bars. */
  say(line: string): void;
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

/** How often a task prints a line when output is not a terminal. */
const LINE_EVERY_MS = 30_000;
const BAR_REFRESHES_PER_SECOND = 8;
/** `SHORT_NAMES` fits every stream's name; with an account's name in front, the bar is shorter. */
const SHORT_NAMES = { name: 18, bar: 12 };
const WIDE_NAMES = { name: 26, bar: 8 };
const USUAL_TERMINAL = { rows: 24, columns: 80 };
/** Before this, rate and time left are too uncertain to show. */
const RATED_AFTER_MS = 3_000;
const CLEAR_TO_END_OF_LINE = '\u001b[K';

/** Bars on a terminal, occasional lines in a pipe, nothing with `--json`. */
export function createProgressReporter(options: ProgressOptions): ProgressReporter {
  switch (options.mode) {
    case 'bars':
      return createBars(options);
    case 'lines':
      return createLines(options);
    case 'nothing': {
      const nothing = () => undefined;
      return {
        update: nothing,
        say: nothing,
        writeBetween: (lines) => options.stream.write(lines),
        stop: nothing,
      };
    }
  }
}

interface Line extends Progress {
  readonly name: string;
  readonly elapsedMs: number;
  /** Null while unknown. */
  readonly leftMs: number | null;
}

/** Tracks elapsed time, and estimates the time left. */
class Timing {
  private readonly startedMs = new Map<string, number>();
  /** Of the unfinished tasks. */
  private readonly leftMs = new Map<string, number | null>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  lineOf(name: string, progress: Progress): Line {
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

function createBars({ stream, clock, useColour = false }: ProgressOptions): ProgressReporter {
  const size = () => ({
    rows: stream.rows ?? USUAL_TERMINAL.rows,
    columns: stream.columns ?? USUAL_TERMINAL.columns,
  });
  const bars = new MultiBar({
    stream,
    fps: BAR_REFRESHES_PER_SECOND,
    hideCursor: true,
    clearOnComplete: false,
    // Lines printed between the bars move them down.
    forceRedraw: true,
    // The program handles signals.
    gracefulExit: false,
    linewrap: false,
    format: (_options, _params, line: Line) => barLine(line, size().columns - 1, widths, useColour),
  });
  const timing = new Timing(clock);
  const byName = new Map<string, SingleBar>();
  let widths = SHORT_NAMES;
  let [hasBars, hasStopped] = [false, false];
  const writeBetween = (lines: string) => {
    if (!hasBars || hasStopped) stream.write(lines);
    else bars.log(lines.replace(/\n/g, `${CLEAR_TO_END_OF_LINE}\n`));
  };
  return {
    update(name, progress) {
      if (hasStopped) return;
      const line = timing.lineOf(toPrintable(name), progress);
      if (line.name.length > SHORT_NAMES.name) widths = WIDE_NAMES;
      const bar = byName.get(name);
      if (isFinished(progress) && progress.isTotal !== true) {
        if (bar !== undefined) bars.remove(bar);
        byName.delete(name);
      } else if (bar !== undefined) {
        bar.update(0, line);
      } else if (byName.size < size().rows - 2) {
        // The cursor cannot return to a line that scrolled off the screen, so bars that do not fit are not shown.
        byName.set(name, bars.create(1, 0, line));
        hasBars = true;
      }
    },
    say: (line) => writeBetween(`${toPrintable(line)}\n`),
    writeBetween,
    stop() {
      if (hasStopped || !hasBars) return;
      hasStopped = true;
      // Flushes lines printed since the last refresh, which stop() would drop.
      bars.update();
      bars.stop();
    },
  };
}

function isFinished({ done, total }: Progress): boolean {
  return total !== null && done >= total;
}

/** `earnings           ████░░░░░░░░  33%  4 of 12, 1,234 rows, 103/s, 8 min left`, no wider than `width`. */
function barLine(line: Line, width: number, widths: typeof SHORT_NAMES, useColour: boolean): string {
  const { name, done, total, note = '', isTotal = false } = line;
  const colour = createColors(useColour);
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor((share ?? 0) * widths.bar);
  const percent = share === null ? '' : `${Math.floor(share * 100)}%`;
  const label = shorten(name, widths.name).padEnd(widths.name);
  const left = `${percent.padStart(4)}  `;
  const room = width - widths.name - 1 - widths.bar - 1 - left.length;
  const warning = toPrintable(note);
  const facts = [...formatFacts(line), ...(warning === '' ? [] : [warning])];
  // If the line is too wide, drop the rate first, then the rows.
  while (facts.length > 1 && facts.join(', ').length > room) {
    const rate = facts.findIndex((fact) => fact.endsWith('/s'));
    facts.splice(rate === -1 ? 1 : rate, 1);
  }
  const text = facts.join(', ').slice(0, room);
  return [
    isTotal ? colour.bold(label) : label,
    `${colour.green('█'.repeat(filled))}${colour.dim('░'.repeat(widths.bar - filled))}`,
    `${left}${warning === '' ? text : colour.yellow(text)}`,
  ].join(' ');
}

/** Shortens the first word, an account's name, so that the stream stays readable. */
function shorten(name: string, width: number): string {
  if (name.length <= width) return name;
  const last = name.slice(name.lastIndexOf(' ') + 1);
  const first = name.slice(0, Math.max(0, width - last.length - 2));
  return last.length + 2 > width ? `${name.slice(0, width - 1)}…` : `${first}… ${last}`;
}

/** Count, rows, rate and time left, as far as known. */
function formatFacts(line: Line): string[] {
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

function createLines({ stream, clock }: ProgressOptions): ProgressReporter {
  const timing = new Timing(clock);
  const printedAtMs = new Map<string, number>();
  const unprinted = new Map<string, Line>();
  const notes = new Map<string, string | undefined>();
  let hasTotal = false;
  const writeBetween = (lines: string) => void stream.write(lines);
  const say = (line: string) => writeBetween(`${toPrintable(line)}\n`);
  const sayProgress = (line: Line) => {
    const { name, note } = line;
    unprinted.delete(name);
    printedAtMs.set(name, clock.monotonicMs());
    say(`${name}: ${[...formatFacts(line), ...(note === undefined ? [] : [note])].join(', ')}`);
  };
  return {
    update(name, progress) {
      const nowMs = clock.monotonicMs();
      const line = timing.lineOf(name, progress);
      if (progress.isTotal === true) hasTotal = true;
      const isEnd = isFinished(progress) && progress.isTotal !== true;
      // There was nothing to do.
      if (isEnd && progress.total === 0) return;
      const isTime = nowMs - (printedAtMs.get(name) ?? nowMs - line.elapsedMs) >= LINE_EVERY_MS;
      unprinted.set(name, line);
      // A new note is printed at once.
      const isNews = progress.note !== undefined && notes.get(name) !== progress.note;
      notes.set(name, progress.note);
      if (isEnd || isNews || (isTime && (!hasTotal || progress.isTotal === true))) sayProgress(line);
    },
    say,
    writeBetween,
    stop: () =>
      [...unprinted.values()].forEach((line) => {
        if (line.isTotal !== true) sayProgress(line);
      }),
  };
}

function formatAmount({ done, total, unit }: Progress): string {
  const count = groupDigits(String(Math.floor(done)));
  const amount = total === null ? count : `${count} of ${groupDigits(String(total))}`;
  return unit === undefined ? amount : `${amount} ${unit}`;
}
