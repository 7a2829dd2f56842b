import { createColors } from 'picocolors';
import type { Clock } from '../../core/clock';
import { formatJson, type OutputJson } from './json';
import type { ProgressReporter } from './progress-reporter';
import { formatTable, type TableColumn } from './table';

/** The part of an output stream that is used. */
export type TextStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** True with `--json`: one JSON document on standard output, no progress. */
  readonly isJson: boolean;
  /** False with `--no-color` and NO_COLOR. Pipes are never coloured. */
  readonly mayColour: boolean;
  /** Redacts known secrets (P10). */
  readonly scrub: (text: string) => string;
  readonly clock: Clock;
}

/** Where commands write: results to standard output, everything else to standard error. */
export interface Output {
  readonly isJson: boolean;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly colour: ReturnType<typeof createColors>;
  /** Prints the result: `json` with `--json`, otherwise `toText()`. Once per command. */
  result(json: OutputJson, toText: () => string): void;
  /** Prints a remark to standard error, except with `--json`. */
  note(line: string): void;
  /** Prints a warning to standard error, always. */
  warn(line: string): void;
  /** Prints log lines, already scrubbed, to standard error. */
  log(lines: string): void;
  /** Text columns are wrapped if a line would exceed `maxWidth`. */
  table(
    columns: readonly TableColumn[],
    rows: readonly (readonly (string | null)[])[],
    maxWidth?: number,
  ): string;
  /** Shows the progress of `work`; meanwhile everything on standard error is printed around the bars. */
  withProgress<T>(work: (progress: Pick<ProgressReporter, 'update'>) => Promise<T>): Promise<T>;
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, isJson, scrub } = options;
  const isTty = stdout.isTTY === true;
  const colour = createColors(options.mayColour && isTty && !isJson);
  let progress: ProgressReporter | null = null;
  const log = (lines: string) => {
    if (progress === null) stderr.write(lines);
    else progress.writeBetween(lines);
  };
  return {
    isJson,
    isTerminal: isTty,
    colour,
    result: (json, toText) => void stdout.write(scrub(isJson ? formatJson(json) : `${toText()}\n`)),
    note: (line) => {
      if (!isJson) log(`${scrub(line)}\n`);
    },
    warn: (line) => log(`${scrub(line)}\n`),
    log,
    table: (columns, rows, maxWidth = Infinity) =>
      formatTable(columns, rows, { isTty, paintHeading: colour.bold, maxWidth }),
    async withProgress(work) {
      const { createProgressReporter } = await import('./progress');
      const reporter = createProgressReporter({
        mode: isJson ? 'nothing' : stderr.isTTY === true ? 'bars' : 'lines',
        stream: stderr,
        clock: options.clock,
        useColour: options.mayColour && !isJson,
      });
      progress = reporter;
      try {
        return await work(reporter);
      } finally {
        reporter.stop();
        progress = null;
      }
    },
  };
}
