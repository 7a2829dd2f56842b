import { MultiBar, type SingleBar } from 'cli-progress';
import { createColors } from 'picocolors';
import { toPrintable } from '../../observability/printable';
import type { ProgressOptions, ProgressReporter } from './progress-reporter';
import { formatFacts, isFinished, ProgressTiming, type ProgressLine } from './progress-state';

const BAR_REFRESHES_PER_SECOND = 8;
/** `SHORT_NAMES` fits every stream's name; with an account's name in front, the bar is shorter. */
const SHORT_NAMES = { name: 18, bar: 12 };
const WIDE_NAMES = { name: 26, bar: 8 };
const USUAL_TERMINAL = { rows: 24, columns: 80 };
const CLEAR_TO_END_OF_LINE = '\u001b[K';

/** A bar for each task in progress, below the lines that are printed meanwhile. */
export function createBars({ stream, clock, useColour = false }: ProgressOptions): ProgressReporter {
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
    format: (_options, _params, line: ProgressLine) => barLine(line, size().columns - 1, widths, useColour),
  });
  const timing = new ProgressTiming(clock);
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

/** `earnings           ████░░░░░░░░  33%  4 of 12, 1,234 rows, 103/s, 8 min left`, no wider than `width`. */
function barLine(line: ProgressLine, width: number, widths: typeof SHORT_NAMES, useColour: boolean): string {
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
