import type { JsonValue } from './json';
import { isJsonObject, JsonNumber } from './json';

/** The frame of every answer. Source: the specification's "General Requests". */
export interface Envelope {
  /** As text, whether it came as a number or a string; null when absent. */
  readonly code: string | null;
  /** Null when absent. */
  readonly success: boolean | null;
  readonly message: string | null;
  /** A hint on failures; it means nothing on success. */
  readonly retry: boolean;
  /** Undefined when absent. */
  readonly data: JsonValue | undefined;
}

const SUCCESS_CODES: ReadonlySet<string> = new Set(['200', '200000']);

/** The envelope of a parsed answer, or null when the answer is not framed as documented. */
export function findEnvelope(answer: JsonValue): Envelope | null {
  if (!isJsonObject(answer)) return null;
  const { code, success, msg, retry, data } = answer;
  if (code === undefined && success === undefined) return null;
  return {
    code: findText(code),
    success: findFlag(success),
    message: findText(msg),
    retry: findFlag(retry) === true,
    data,
  };
}

export function isSuccess(envelope: Envelope): boolean {
  return envelope.code !== null && SUCCESS_CODES.has(envelope.code) && envelope.success !== false;
}

function findText(value: JsonValue | undefined): string | null {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function findFlag(value: JsonValue | undefined): boolean | null {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
}
