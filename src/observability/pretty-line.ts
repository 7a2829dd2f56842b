import { createColors } from 'picocolors';
import { toPrintable } from './printable';

/** Fields omitted in the readable form. */
const HIDDEN_FIELDS = new Set(['time', 'level', 'msg', 'pid', 'host', 'error']);

/** Converts a line of pino's JSON to the readable form: `09:41:00 warn  message key=value`, in local time. */
export function createPrettyLine(useColour: boolean): (jsonLine: string) => string {
  const colour = createColors(useColour);
  const byLevel: Readonly<Record<string, (text: string) => string>> = {
    debug: colour.dim,
    warn: colour.yellow,
    error: colour.red,
    fatal: colour.red,
  };
  return (jsonLine) => {
    const entry = JSON.parse(jsonLine) as Record<string, unknown>;
    const level = formatValue(entry['level']);
    const time = new Date(formatValue(entry['time'])).toTimeString().slice(0, 8);
    const fields = Object.entries(entry)
      .filter(([name, value]) => !HIDDEN_FIELDS.has(name) && value !== null)
      .map(([name, value]) => colour.dim(`${name}=`) + toPrintable(formatValue(value)));
    const paint = byLevel[level] ?? String;
    const head = `${colour.dim(time)} ${paint(level.padEnd(5))} ${[toPrintable(formatValue(entry['msg'])), ...fields].join(' ')}`;
    return `${[head, ...formatErrorLines(entry['error'])].join('\n')}\n`;
  };
}

function formatErrorLines(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, name, message, hint, cause, stack } = error as Record<string, unknown>;
  const title = `${formatValue(code ?? name)}: ${toPrintable(formatValue(message))}`;
  return [
    `  ${title}`,
    ...(hint === undefined ? [] : [`  ${toPrintable(formatValue(hint))}`]),
    ...(stack === undefined
      ? []
      : formatValue(stack)
          .split('\n')
          .slice(1)
          .map((line) => `  ${toPrintable(line)}`)),
    ...formatErrorLines(cause).map((line) => `  ${line}`),
  ];
}

function formatValue(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
