import { isKpoolError, type KpoolError } from '../core/errors';
import { classifyDatabaseError, isDatabaseError } from '../core/postgres/errors';
import { classifyRedisError, isRedisError } from '../core/redis-errors';
import { findSystemError } from '../core/system-errors';
import { shapeError } from '../observability/error-shape';
import type { ExitCode } from './context';

/** How a failure is reported, and the exit code. */
export interface FailureReport {
  /** Readable text. */
  readonly text: string;
  /** The same for `--json`. */
  readonly json: {
    readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
  };
  readonly exitCode: ExitCode;
}

export interface FailureOptions {
  readonly withStack: boolean;
  readonly scrub: (text: string) => string;
}

/**
 * Reports a `KpoolError` by its message and hint, without a stack trace, since the user can act on it. Anything else is
 * reported as a bug in kpool.
 */
export function reportFailure(thrown: unknown, options: FailureOptions): FailureReport {
  const error = findOutsideCause(thrown) ?? thrown;
  // `broken-promise` is a KpoolError, but a bug.
  if (isKpoolError(error) && error.code !== 'broken-promise') {
    const message = options.scrub(error.message);
    const hint = error.hint === undefined ? null : options.scrub(error.hint);
    return {
      text: hint === null ? `kpool: ${message}` : `kpool: ${message}\n  ${hint}`,
      json: { error: { code: error.code, message, hint } },
      exitCode: error.retry === 'usage' ? 2 : 1,
    };
  }
  const { name, message: text, stack } = shapeError(error, options);
  const message = `This is a bug in kpool: ${name}: ${text}`;
  const hint = options.withStack
    ? 'Please report it with the lines below.'
    : 'Please report it with the output of LOG_LEVEL=debug.';
  return {
    text: [`kpool: ${message}`, `  ${hint}`, ...(stack === undefined ? [] : [stack])].join('\n'),
    json: { error: { code: 'bug', message, hint } },
    exitCode: 1,
  };
}

/**
 * Classifies a failure of a server, the network or the host, wherever it surfaces. Null: it has no external cause.
 */
function findOutsideCause(thrown: unknown): KpoolError | null {
  if (isKpoolError(thrown)) return thrown;
  if (isDatabaseError(thrown)) return classifyDatabaseError(thrown);
  if (isRedisError(thrown)) return classifyRedisError(thrown);
  return findSystemError(thrown);
}
