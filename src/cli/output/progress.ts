import { createBars } from './progress-bars';
import { createLines } from './progress-lines';
import type { ProgressOptions, ProgressReporter } from './progress-reporter';

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
        writeBetween: (lines) => options.stream.write(lines),
        stop: nothing,
      };
    }
  }
}
