import { MultiBar, type SingleBar } from 'cli-progress';
import type { Clock } from '../../core/clock';
import { toPrintable } from '../../observability/printable';
import { groupDigits } from './numbers';

/** How far one piece of work is. */
export interface Progress {
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
  readonly note?: string;
}

/** Shows the progress of several pieces of work at once, each under its name. */
export interface ProgressReporter {
  update(name: string, progress: Progress): void;
  /** Says something between the bars. */
  say(line: string): void;
  /** Must be called at the end: gives the terminal back, and says the last state of what was not said yet. */
  stop(): void;
}

export interface ProgressOptions {
  readonly mode: 'bars' | 'lines' | 'nothing';
  /** Standard error: results go elsewhere. */
  readonly stream: NodeJS.WritableStream;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** In a log file, one line per name in so much time says enough. */
const LINE_EVERY_MS = 5_000;
const BAR_REFRESHES_PER_SECOND = 8;

/** Bars on a terminal, a line now and then in a pipe, nothing with `--json`. */
export function createProgressReporter(options: ProgressOptions): ProgressReporter {
  switch (options.mode) {
    case 'bars':
      return createBars(options.stream);
    case 'lines':
      return createLines(options);
    case 'nothing':
      return { update: () => undefined, say: () => undefined, stop: () => undefined };
  }
}

function createBars(stream: NodeJS.WritableStream): ProgressReporter {
  const bars = new MultiBar({
    stream,
    fps: BAR_REFRESHES_PER_SECOND,
    hideCursor: true,
    clearOnComplete: false,
    // The program has its own way with signals.
    gracefulExit: false,
    linewrap: false,
    format: (
      { barsize = 24 },
      { progress, value },
      payload: { name: string; known: boolean; text: string; note: string },
    ) => {
      const filled = payload.known ? Math.round(progress * barsize) : 0;
      const bar = '█'.repeat(filled) + '░'.repeat(barsize - filled);
      return `${payload.name.padEnd(20)} ${bar} ${payload.text === '' ? String(value) : payload.text} ${payload.note}`.trimEnd();
    },
    barsize: 24,
  });
  const byName = new Map<string, SingleBar>();
  return {
    update(name, progress) {
      const total = Math.max(progress.total ?? progress.done, progress.done, 1);
      const payload = {
        name: toPrintable(name),
        known: progress.total !== null,
        text: amountOf(progress),
        note: toPrintable(progress.note ?? ''),
      };
      const bar = byName.get(name) ?? bars.create(total, 0, payload);
      byName.set(name, bar);
      bar.setTotal(total);
      bar.update(progress.done, payload);
    },
    say: (line) => bars.log(`${toPrintable(line)}\n`),
    stop: () => bars.stop(),
  };
}

function createLines({ stream, clock }: ProgressOptions): ProgressReporter {
  const saidAtMs = new Map<string, number>();
  const unsaid = new Map<string, Progress>();
  const say = (line: string) => void stream.write(`${toPrintable(line)}\n`);
  const sayProgress = (name: string, progress: Progress) => {
    unsaid.delete(name);
    say([`${name}: ${amountOf(progress)}`, progress.note ?? ''].filter((part) => part !== '').join(', '));
  };
  return {
    update(name, progress) {
      const nowMs = clock.monotonicMs();
      const isDue = nowMs - (saidAtMs.get(name) ?? -Infinity) >= LINE_EVERY_MS;
      if (!isDue) {
        unsaid.set(name, progress);
        return;
      }
      saidAtMs.set(name, nowMs);
      sayProgress(name, progress);
    },
    say,
    stop: () => [...unsaid].forEach(([name, progress]) => sayProgress(name, progress)),
  };
}

function amountOf({ done, total }: Progress): string {
  const count = groupDigits(String(done));
  return total === null ? count : `${count} of ${groupDigits(String(total))}`;
}
