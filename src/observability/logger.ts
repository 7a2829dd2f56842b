import { hostname } from 'node:os';
import pino from 'pino';
import { shapeError } from './error-shape';
import { createPrettyLine } from './pretty-line';
import { toPrintableJson } from './printable';
import type { Scrubber } from '../core/redaction';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Plain values only, by type: an object could carry a request or a password. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

type Write = (message: string, fields?: LogFields, error?: unknown) => void;

/** The log as the program sees it. Of `error` only name, code, message, hint and causes are written. */
export interface Logger {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  /** What goes on all the time: `info` for programs; people get it with `debug`, and are told by the minute. */
  readonly routine: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly useColour?: boolean;
  /** Writes whole lines synchronously, so that nothing is lost when the process ends. */
  readonly destination: { write(line: string): unknown };
  readonly scrubber: Scrubber;
}

/** The program's log: pino, one line an entry, secrets scrubbed from every text (P10). Stacks only at `debug`. */
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
    (level: Exclude<LogLevel, 'silent'>): Write =>
    (message, fields = {}, error) => {
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

/** The type admits plain values only; anything that a cast lets through is dropped. */
function safeValue(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'object' && value !== null ? '[not logged]' : value;
}
