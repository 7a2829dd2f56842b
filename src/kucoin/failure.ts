import { KpoolError } from '../core/errors';
import type { Envelope } from './envelope';
import type { Meaning } from './error-table';
import {
  findHttpMeaning,
  findSystemMeaning,
  FORBIDDEN,
  REFUSED_ALONE,
  THROTTLED,
  UNKNOWN_CODE,
  UNKNOWN_TRANSIENT,
} from './error-table';
import type { Redactor } from './redaction';

const MAX_SHOWN_MESSAGE = 200;
const MAX_SCANNED_TEXT = 65_536;
/** Longer than any form of a credential that an answer could echo. */
const MAX_CREDENTIAL_FORM = 4_096;

/**
 * What the retry loop needs to know beyond the error: whether the pool throttles (`throttled` for sure,
 * `ambiguous-403` perhaps), or measured our timestamp as wrong (`clock`).
 */
export interface CallFailure {
  readonly error: KpoolError;
  readonly kind: 'plain' | 'throttled' | 'ambiguous-403' | 'clock';
}

export interface FailedAnswer {
  readonly httpStatus: number;
  /** Null if the body is not an envelope. */
  readonly envelope: Envelope | null;
  readonly retryAfterMs: number | null;
  /** The beginning of the body. */
  readonly bodyText: string;
}

/** Wordings that can only mean throttling, in a failure with an unknown code. */
const SURELY_THROTTLES = /too many requests|requests? (?:\w+ ){0,3}too (?:often|frequent)|rate.?limit/i;
/** Wordings of a 403 that throttles. */
const THROTTLES = /too many|too often|frequen|rate.?limit|throttl/i;
/** The specification's own text for 403 names both meanings. */
const UNDECIDED = /forbidden or (too many|have exceeded)/i;

/** Classifies an answer that is not a success. */
export function classifyFailure(answer: FailedAnswer, redactor: Redactor): CallFailure {
  const meaning = meaningOf(answer);
  const error = errorOf(meaning, answer, redactor);
  if (meaning === findHttpMeaning(403))
    return { error, kind: isThrottling403(answer) ? 'throttled' : 'ambiguous-403' };
  if (meaning.code === 'pool.throttled') return { error, kind: 'throttled' };
  return { error, kind: meaning.code === 'pool.clock' ? 'clock' : 'plain' };
}

/**
 * HTTP 429 has one meaning, whatever its body says. Otherwise a known system code takes precedence over the HTTP
 * status, since the specification allows failures with HTTP 200; `retry` decides only if both are unknown.
 */
function meaningOf({ httpStatus, envelope }: FailedAnswer): Meaning {
  if (httpStatus === 429) return THROTTLED;
  const code = envelope?.code ?? null;
  const system = code === null ? null : findSystemMeaning(code);
  if (system !== null) return system;
  if (httpStatus !== 403 && SURELY_THROTTLES.test(envelope?.message ?? '')) return THROTTLED;
  return findHttpMeaning(httpStatus) ?? (envelope?.retry === true ? UNKNOWN_TRANSIENT : UNKNOWN_CODE);
}

/** A 403 whose text means throttling, or that says when to come back. */
function isThrottling403({ retryAfterMs, bodyText }: FailedAnswer): boolean {
  return retryAfterMs !== null || (THROTTLES.test(bodyText) && !UNDECIDED.test(bodyText));
}

/** An ambiguous 403 that persisted, for everything. */
export function forbidden(error: KpoolError): KpoolError {
  return of403(FORBIDDEN, error);
}

/** An ambiguous 403 that persisted, for one list only. */
export function refusedAlone(error: KpoolError): KpoolError {
  return of403(REFUSED_ALONE, error);
}

function of403({ code, says, hint }: Meaning, cause: KpoolError): KpoolError {
  return new KpoolError(code, `The pool ${says} (HTTP 403).`, { hint, cause });
}

/** The same failure, with the time to wait before the next call. */
export function withRetryAfter(error: KpoolError, retryAfterMs: number): KpoolError {
  return new KpoolError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    retryAfterMs,
  });
}

/** A timestamp that was refused again although it follows the pool's clock. */
export function clockDiffers(error: KpoolError, offsetMs: number): KpoolError {
  const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
  const measured =
    offsetMs === 0
      ? 'although its clock, judging by its answers, agrees with the clock of this host'
      : `although the difference of ${seconds} s between its clock and this host's was allowed for ` +
        `(this host is ${offsetMs > 0 ? 'behind' : 'ahead'})`;
  return new KpoolError('pool.clock', `The pool refuses the timestamp of the request, ${measured}.`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** An answer that differs from the specification. `detail` completes "…: ". */
export function malformed(endpoint: string, detail: string): KpoolError {
  return new KpoolError(
    'pool.malformed',
    `The pool's answer to ${endpoint} is not as documented: ${detail}.`,
    {
      hint: 'A proxy or a maintenance page may be answering instead of the pool; it is retried automatically.',
    },
  );
}

/** A text from the pool for people to read: one line, truncated, without credentials and control characters. */
export function quoteAnswer(text: string, redactor: Redactor): string {
  const scanned = redactor.fromMessage(text.slice(0, MAX_SCANNED_TEXT));
  // Truncation may have split a credential: the text near the cut is left out.
  const safe = text.length > MAX_SCANNED_TEXT ? scanned.slice(0, -MAX_CREDENTIAL_FORM) : scanned;
  const clean = safe.replace(/[\p{Cc}\p{Cf}\p{Surrogate}\s]+/gu, ' ').trim();
  return clean.length > MAX_SHOWN_MESSAGE ? `${clean.slice(0, MAX_SHOWN_MESSAGE)}…` : clean;
}

/** The system code, or null when it does not look like one: nothing else may get into metrics and logs. */
export function safeSystemCode(envelope: Envelope | null, redactor: Redactor): string | null {
  const code = envelope?.code ?? null;
  return code !== null && /^[\w.-]{1,12}$/.test(redactor.fromMessage(code)) ? code : null;
}

function errorOf(meaning: Meaning, answer: FailedAnswer, redactor: Redactor): KpoolError {
  const facts = [`HTTP ${answer.httpStatus}`];
  const { code = null, message = null } = answer.envelope ?? {};
  if (code !== null) facts.push(`code ${quoteAnswer(code, redactor)}`);
  const said = message === null ? '' : `: “${quoteAnswer(message, redactor)}”`;
  return new KpoolError(meaning.code, `The pool ${meaning.says} (${facts.join(', ')}${said}).`, {
    hint: meaning.hint,
    ...(answer.retryAfterMs === null ? {} : { retryAfterMs: answer.retryAfterMs }),
  });
}
