import { MultiBar, type SingleBar } from 'cli-progress';
import type { Clock } from '../../core/clock';
import { toPrintable } from '../../observability/printable';
import { groupDigits } from './numbers';

/** The progress of one task. */
export interface Progress {
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
  readonly note?: string;
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
  readonly stream: NodeJS.WritableStream & { readonly rows?: number };
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** In a log file, one line per name in so much time says enough. */
const LINE_EVERY_MS = 5_000;
const BAR_REFRESHES_PER_SECOND = 8;
const BAR_WIDTH = 24;
const NAME_WIDTH = 20;
const USUAL_TERMINAL_ROWS = 24;

/** Bars on a terminal, a line now and then in a pipe, nothing with `--json`. */
export function createProgressReporter(options: ProgressOptions): ProgressReporter {
  switch (options.mode) {
    case 'bars':
      return createBars(options.stream);
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

interface BarPayload {
  readonly label: string;
  readonly isMeasured: boolean;
  readonly amount: string;
}

function createBars(stream: ProgressOptions['stream']): ProgressReporter {
  const bars = new MultiBar({
    stream,
    fps: BAR_REFRESHES_PER_SECOND,
    hideCursor: true,
    clearOnComplete: false,
    // The program handles signals.
    gracefulExit: false,
    linewrap: false,
    format: (_options, { progress }, { label, isMeasured, amount }: BarPayload) => {
      const filled = isMeasured ? Math.round(progress * BAR_WIDTH) : 0;
      return `${label.padEnd(NAME_WIDTH)} ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${amount}`;
    },
  });
  const byName = new Map<string, SingleBar>();
  let hasStopped = false;
  const writeBetween = (lines: string) => {
    if (byName.size === 0 || hasStopped) stream.write(lines);
    else bars.log(lines);
  };
  return {
    update(name, progress) {
      const total = Math.max(progress.total ?? 0, progress.done, 1);
      const payload: BarPayload = {
        label: toPrintable(name),
        isMeasured: progress.total !== null,
        amount: [amountOf(progress), toPrintable(progress.note ?? '')].join(' ').trimEnd(),
      };
      let bar = byName.get(name);
      if (bar === undefined) {
        // The cursor cannot go back to a line that has left the screen: what does not fit is not shown.
        if (hasStopped || byName.size >= (stream.rows ?? USUAL_TERMINAL_ROWS) - 2) return;
        bar = bars.create(total, 0, payload);
        byName.set(name, bar);
      }
      bar.setTotal(total);
      bar.update(progress.done, payload);
    },
    say: (line) => writeBetween(`${toPrintable(line)}\n`),
    writeBetween,
    stop() {
      if (hasStopped || byName.size === 0) return;
      hasStopped = true;
      // Writes what was said since the last refresh, which stop would drop.
      bars.update();
      bars.stop();
    },
  };
}

function createLines({ stream, clock }: ProgressOptions): ProgressReporter {
  const saidAtMs = new Map<string, number>();
  const unsaid = new Map<string, Progress>();
  const writeBetween = (lines: string) => void stream.write(lines);
  const say = (line: string) => writeBetween(`${toPrintable(line)}\n`);
  const sayProgress = (name: string, progress: Progress) => {
    unsaid.delete(name);
    say([`${name}: ${amountOf(progress)}`, progress.note ?? ''].filter((part) => part !== '').join(', '));
  };
  return {
    update(name, progress) {
      const nowMs = clock.monotonicMs();
      if (nowMs - (saidAtMs.get(name) ?? -Infinity) < LINE_EVERY_MS) {
        unsaid.set(name, progress);
        return;
      }
      saidAtMs.set(name, nowMs);
      sayProgress(name, progress);
    },
    say,
    writeBetween,
    stop: () => [...unsaid].forEach(([name, progress]) => sayProgress(name, progress)),
  };
}

function amountOf({ done, total }: Progress): string {
  const count = groupDigits(String(done));
  return total === null ? count : `${count} of ${groupDigits(String(total))}`;
}
