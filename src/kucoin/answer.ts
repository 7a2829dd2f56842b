import { isUtf8 } from 'node:buffer';
import { isKpoolError, KpoolError } from '../core/errors';
import type { Endpoint, ReadContext } from './endpoint';
import type { Envelope } from './envelope';
import { findEnvelope, isSuccess } from './envelope';
import type { CallFailure } from './failure';
import { classifyFailure, malformed, quoteAnswer } from './failure';
import type { JsonValue } from './json';
import { parseJson } from './json';
import type { Redactor } from './redaction';
import type { RawAnswer } from './transport';

/** An error page states its reason near its beginning. */
const MAX_SCANNED_BYTES = 16_384;

/** A complete answer, parsed or classified. */
export interface Interpretation<Answer> {
  /** Null if the answer is not framed as the pool frames its answers. */
  readonly envelope: Envelope | null;
  readonly outcome: { readonly value: Answer } | { readonly failure: CallFailure };
}

/** Turns one complete HTTP answer into the endpoint's content or a classified failure. */
export function interpretAnswer<Query, Answer>(
  endpoint: Endpoint<Query, Answer>,
  raw: RawAnswer,
  context: ReadContext<Query>,
  redactor: Redactor,
): Interpretation<Answer> {
  const { httpStatus } = raw;
  if (httpStatus >= 300 && httpStatus <= 399) return plainFailure(null, redirected(raw, redactor));
  const json = findJson(raw.body, redactor);
  const envelope = json === undefined ? null : findEnvelope(json);
  const isHttpSuccess = httpStatus >= 200 && httpStatus <= 299;
  if (isHttpSuccess && (envelope === null || (envelope.code === null && envelope.success !== false)))
    return plainFailure(envelope, malformed(endpoint.name, describeArrival(raw, redactor)));
  if (!isHttpSuccess || envelope === null || !isSuccess(envelope)) {
    const { retryAfterMs } = raw;
    const bodyText = raw.body.toString('latin1', 0, MAX_SCANNED_BYTES);
    const failure = classifyFailure({ httpStatus, envelope, retryAfterMs, bodyText }, redactor);
    return { envelope, outcome: { failure } };
  }
  try {
    return { envelope, outcome: { value: endpoint.read(envelope.data, context) } };
  } catch (error) {
    if (isKpoolError(error, 'pool.malformed')) return plainFailure(envelope, error);
    throw error;
  }
}

function plainFailure(envelope: Envelope | null, error: KpoolError): Interpretation<never> {
  return { envelope, outcome: { failure: { error, kind: 'plain' } } };
}

/** The body as JSON, or undefined when it is not JSON: empty, cut off, HTML, not UTF-8, a key with two values, … */
function findJson(body: Buffer, redactor: Redactor): JsonValue | undefined {
  const text = decodeText(body);
  if (text === null) return undefined;
  try {
    return parseJson(redactor.fromData(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The body as text without its byte order mark, or null when it is not UTF-8. */
function decodeText(body: Buffer): string | null {
  if (!isUtf8(body)) return null;
  return new TextDecoder('utf-8').decode(body);
}

function describeArrival(raw: RawAnswer, redactor: Redactor): string {
  const type = quoteAnswer(raw.contentType, redactor) || 'no content type';
  const size = `HTTP ${raw.httpStatus}, ${type}, ${raw.body.length} bytes`;
  const words = quoteAnswer(raw.body.toString('utf8'), redactor);
  return words === ''
    ? `it is empty (${size})`
    : `it is not a complete envelope (${size}) and begins “${words}”`;
}

/** Credentials never follow a redirect: it becomes an error that names the other host. */
function redirected(raw: RawAnswer, redactor: Redactor): KpoolError {
  const target =
    raw.location !== null && URL.canParse(raw.location) ? new URL(raw.location).origin : 'elsewhere';
  return new KpoolError(
    'pool.redirected',
    `The pool redirects to ${quoteAnswer(target, redactor)} (HTTP ${raw.httpStatus}), which is not followed: ` +
      'that would send the credentials along.',
    { hint: 'If the pool has moved, set KUCOIN_POOL_BASE_URL to its new address.' },
  );
}
