/** Plain values only, because an object could contain a request or a password. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;

type Write = (message: string, fields?: LogFields, error?: unknown) => void;

/** The log. Of an `error`, only name, code, message, hint and causes are written. */
export interface Logger {
  readonly trace: Write;
  readonly debug: Write;
  readonly info: Write;
  /** Routine events: `info` in JSON; `debug` in the readable form, which has a summary every minute instead. */
  readonly routine: Write;
  readonly warn: Write;
  readonly error: Write;
  readonly fatal: Write;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}
