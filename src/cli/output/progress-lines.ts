import { toPrintable } from '../../observability/printable';
import type { ProgressOptions, ProgressReporter } from './progress-reporter';
import { formatFacts, isFinished, ProgressTiming, type ProgressLine } from './progress-state';

/** How often a task prints a line when output is not a terminal. */
const LINE_EVERY_MS = 30_000;

/** A line for each task now and then, and at its end. */
export function createLines({ stream, clock }: ProgressOptions): ProgressReporter {
  const timing = new ProgressTiming(clock);
  const printedAtMs = new Map<string, number>();
  const unprinted = new Map<string, ProgressLine>();
  const notes = new Map<string, string | undefined>();
  let hasTotal = false;
  const printLine = (line: ProgressLine) => {
    const { name, note } = line;
    unprinted.delete(name);
    printedAtMs.set(name, clock.monotonicMs());
    const facts = [...formatFacts(line), ...(note === undefined ? [] : [note])];
    stream.write(`${toPrintable(`${name}: ${facts.join(', ')}`)}\n`);
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
      if (isEnd || isNews || (isTime && (!hasTotal || progress.isTotal === true))) printLine(line);
    },
    writeBetween: (lines) => void stream.write(lines),
    stop: () =>
      [...unprinted.values()].forEach((line) => {
        if (line.isTotal !== true) printLine(line);
      }),
  };
}
