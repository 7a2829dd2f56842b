import { MultiBar, type SingleBar } from 'cli-progress';
import { createColors } from 'picocolors';
import type { Clock } from '../../core/clock';
import { toPrintable } from '../../observability/printable';
import { countOf, groupDigits } from './numbers';
import { formatDuration } from './times';

/** The progress of one task, or of all of them together. */
export interface Progress {
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
  /** What `done` and `total` count, where it needs a word. */
  readonly unit?: string;
  /** Read so far. */
  readonly rows?: number;
  readonly note?: string;
  /** All tasks together: its line comes first, and in a pipe it speaks for those under way. */
  readonly isTotal?: boolean;
}

/** Shows the progress of several named tasks at once. */
export interface ProgressReporter {
  update(name: string, progress: Progress): void;
  /** Prints a line between the bars. */
  say(line: string): void;
  /** Writes whole lines as they are where they do not disturb the bars: for a log. */
  writeBetween(lines: string): void;
  /** Call it at the end: restores the terminal and prints the last state of tasks not yet printed. */
  stop(): void;
}

export interface ProgressOptions {
  readonly mode: 'bars' | 'lines' | 'nothing';
  /** Standard error: results go elsewhere. */
  readonly stream: NodeJS.WritableStream & { readonly rows?: number; readonly columns?: number };
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly useColour?: boolean;
}

/** In a log file one line in so much time says enough. */
const LINE_EVERY_MS = 30_000;
const BAR_REFRESHES_PER_SECOND = 8;
/** The names of all streams fit; where an account's stands before them, its bar makes room. */
const NARROW = { name: 18, bar: 12 };
const WIDE = { name: 26, bar: 8 };
const USUAL_TERMINAL = { rows: 24, columns: 80 };
/** Earlier a rate is a guess. */
const RATED_AFTER_MS = 3_000;
const CLEAR_TO_END_OF_LINE = '\u001b[K';

/** Bars on a terminal, a line now and then in a pipe, nothing with `--json`. */
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
  /** Null while it cannot be told. */
  readonly leftMs: number | null;
}

/** Follows how long tasks have taken, and how long they will. */
class Timing {
  readonly #startedMs = new Map<string, number>();
  /** Of the tasks under way. */
  readonly #leftMs = new Map<string, number | null>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  lineOf(name: string, progress: Progress): Line {
    const nowMs = this.clock.monotonicMs();
    const startedMs = this.#startedMs.get(name) ?? nowMs;
    this.#startedMs.set(name, startedMs);
    const elapsedMs = nowMs - startedMs;
    if (progress.isTotal === true)
      return { ...progress, name, elapsedMs, leftMs: this.#totalLeftMs(progress) };
    const { done, total } = progress;
    const isKnown = total !== null && done > 0 && elapsedMs >= RATED_AFTER_MS;
    const leftMs = isKnown ? (elapsedMs * (total - done)) / done : null;
    if (isFinished(progress)) this.#leftMs.delete(name);
    else this.#leftMs.set(name, leftMs);
    return { ...progress, name, elapsedMs, leftMs };
  }

  /** The slowest task decides, once all of them have begun. */
  #totalLeftMs({ total }: Progress): number | null {
    const lefts = [...this.#leftMs.values()];
    const areKnown = this.#startedMs.size > (total ?? Infinity) && lefts.length > 0;
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
    // What is said between the bars moves them down.
    forceRedraw: true,
    // The program handles signals.
    gracefulExit: false,
    linewrap: false,
    format: (_options, _params, line: Line) => barLine(line, size().columns - 1, widths, useColour),
  });
  const timing = new Timing(clock);
  const byName = new Map<string, SingleBar>();
  let widths = NARROW;
  let [hasBars, hasStopped] = [false, false];
  const writeBetween = (lines: string) => {
    if (!hasBars || hasStopped) stream.write(lines);
    else bars.log(lines.replace(/\n/g, `${CLEAR_TO_END_OF_LINE}\n`));
  };
  return {
    update(name, progress) {
      if (hasStopped) return;
      const line = timing.lineOf(toPrintable(name), progress);
      if (line.name.length > NARROW.name) widths = WIDE;
      const bar = byName.get(name);
      if (isFinished(progress) && progress.isTotal !== true) {
        if (bar !== undefined) bars.remove(bar);
        byName.delete(name);
      } else if (bar !== undefined) {
        bar.update(0, line);
      } else if (byName.size < size().rows - 2) {
        // The cursor cannot go back to a line that has left the screen: what does not fit is not shown.
        byName.set(name, bars.create(1, 0, line));
        hasBars = true;
      }
    },
    say: (line) => writeBetween(`${toPrintable(line)}\n`),
    writeBetween,
    stop() {
      if (hasStopped || !hasBars) return;
      hasStopped = true;
      // Writes what was said since the last refresh, which stop would drop.
      bars.update();
      bars.stop();
    },
  };
}

function isFinished({ done, total }: Progress): boolean {
  return total !== null && done >= total;
}

/** `earnings           ████░░░░░░░░  33%  4 of 12, 1,234 rows, 103/s, 8 min left`, no wider than `width`. */
function barLine(line: Line, width: number, widths: typeof NARROW, useColour: boolean): string {
  const { name, done, total, note = '', isTotal = false } = line;
  const colour = createColors(useColour);
  const share = total === null ? null : total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor((share ?? 0) * widths.bar);
  const percent = share === null ? '' : `${Math.floor(share * 100)}%`;
  const label = shorten(name, widths.name).padEnd(widths.name);
  const left = `${percent.padStart(4)}  `;
  const room = width - widths.name - 1 - widths.bar - 1 - left.length;
  const warning = toPrintable(note);
  const facts = [...factsOf(line), ...(warning === '' ? [] : [warning])];
  // Where a line would be too wide, the rate goes first, then the rows.
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

/** Cuts the first word, an account's name, so that the stream can be told. */
function shorten(name: string, width: number): string {
  if (name.length <= width) return name;
  const last = name.slice(name.lastIndexOf(' ') + 1);
  const first = name.slice(0, Math.max(0, width - last.length - 2));
  return last.length + 2 > width ? `${name.slice(0, width - 1)}…` : `${first}… ${last}`;
}

/** Count, rows, rate, and time to the end, as far as they are known. */
function factsOf(line: Line): string[] {
  const { rows, elapsedMs, leftMs } = line;
  const isRated = elapsedMs >= RATED_AFTER_MS;
  const facts = [amountOf(line)];
  if (rows !== undefined) facts.push(countOf(rows, 'row'));
  if (rows !== undefined && rows > 0 && isRated)
    facts.push(`${groupDigits(String(Math.round((rows / elapsedMs) * 1_000)))}/s`);
  if (leftMs !== null && leftMs > 0)
    facts.push(`${formatDuration(leftMs).replace(/^(\d+ \w+) .*/, '$1')} left`);
  return facts;
}

function createLines({ stream, clock }: ProgressOptions): ProgressReporter {
  const timing = new Timing(clock);
  const saidAtMs = new Map<string, number>();
  const unsaid = new Map<string, Line>();
  const notes = new Map<string, string | undefined>();
  let hasTotal = false;
  const writeBetween = (lines: string) => void stream.write(lines);
  const say = (line: string) => writeBetween(`${toPrintable(line)}\n`);
  const sayProgress = (line: Line) => {
    const { name, note } = line;
    unsaid.delete(name);
    saidAtMs.set(name, clock.monotonicMs());
    say(`${name}: ${[...factsOf(line), ...(note === undefined ? [] : [note])].join(', ')}`);
  };
  return {
    update(name, progress) {
      const nowMs = clock.monotonicMs();
      const line = timing.lineOf(name, progress);
      if (progress.isTotal === true) hasTotal = true;
      const isEnd = isFinished(progress) && progress.isTotal !== true;
      // Nothing was to be done.
      if (isEnd && progress.total === 0) return;
      const isTime = nowMs - (saidAtMs.get(name) ?? nowMs - line.elapsedMs) >= LINE_EVERY_MS;
      unsaid.set(name, line);
      // What it waits for is said at once, and once.
      const isNews = progress.note !== undefined && notes.get(name) !== progress.note;
      notes.set(name, progress.note);
      if (isEnd || isNews || (isTime && (!hasTotal || progress.isTotal === true))) sayProgress(line);
    },
    say,
    writeBetween,
    stop: () =>
      [...unsaid.values()].forEach((line) => {
        if (line.isTotal !== true) sayProgress(line);
      }),
  };
}

function amountOf({ done, total, unit }: Progress): string {
  const count = groupDigits(String(Math.floor(done)));
  const amount = total === null ? count : `${count} of ${groupDigits(String(total))}`;
  return unit === undefined ? amount : `${amount} ${unit}`;
}
