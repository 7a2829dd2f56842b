import { hostname } from 'node:os';
import pino from 'pino';
import type { LogFields, Logger } from '../core/log';
import type { Scrubber } from '../core/redaction';
import { shapeError } from './error-shape';
import { createPrettyLine } from './pretty-line';
import { toPrintableJson } from './printable';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly useColour?: boolean;
  /** Writes whole lines synchronously, so that nothing is lost when the process exits. */
  readonly destination: { write(line: string): unknown };
  readonly scrubber: Scrubber;
}

/** Creates the log: pino, one line per entry, secrets scrubbed from every text (P10). Stacks only at `debug`. */
export function createLogger(options: LoggerOptions): Logger {
  const toLine = options.format === 'pretty' ? createPrettyLine(options.useColour ?? false) : toPrintableJson;
  const base = pino(
    {
      level: options.level,
      base: { pid: process.pid, host: hostname() },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => options.destination.write(toLine(line)) },
  );
  return wrap(base, options.scrubber, options.format === 'pretty' ? 'debug' : 'info');
}

function wrap(target: pino.Logger, { scrub, add }: Scrubber, routine: 'debug' | 'info'): Logger {
  const withStack = target.isLevelEnabled('debug');
  const safeFields = (fields: LogFields) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, safeValue(value, scrub)]));
  const at =
    (level: Exclude<LogLevel, 'silent'>) =>
    (message: string, fields: LogFields = {}, error?: unknown) => {
      if (!target.isLevelEnabled(level)) return;
      const shape = error === undefined ? {} : { error: shapeError(error, { withStack, scrub }) };
      target[level]({ ...safeFields(fields), ...shape }, scrub(message));
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    routine: at(routine),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => wrap(target.child(safeFields(fields)), { scrub, add }, routine),
  };
}

/** Drops anything but plain values that a cast may have let through. */
function safeValue(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'object' && value !== null ? '[not logged]' : value;
}
