import { isKpoolError } from '../core/errors';

/** All that may be shown of a failure. Other properties of the error object (a request, a query) are left out. */
export interface ErrorShape {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
  readonly cause?: ErrorShape;
  readonly stack?: string;
}

const MAX_LOGGED_CAUSES = 5;
const MAX_MESSAGE_LENGTH = 2_000;

export interface ErrorShapeOptions {
  readonly withStack: boolean;
  readonly scrub: (text: string) => string;
}

/** The shape of anything that was thrown, its chain of causes up to five long, every text scrubbed. */
export function shapeError(error: unknown, options: ErrorShapeOptions, depth = 0): ErrorShape {
  if (!(error instanceof Error)) {
    return {
      name: 'Thrown',
      message: typeof error === 'string' ? clipMessage(options.scrub(error)) : `a ${typeof error}`,
    };
  }
  const code: unknown = 'code' in error ? error.code : undefined;
  // Node's "all addresses failed" has an empty message and its reasons inside.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code: clipMessage(options.scrub(code)) } : {}),
    message: clipMessage(options.scrub(error.message)),
    ...(isKpoolError(error) && error.hint !== undefined ? { hint: options.scrub(error.hint) } : {}),
    ...(inner !== undefined && depth < MAX_LOGGED_CAUSES
      ? { cause: shapeError(inner, options, depth + 1) }
      : {}),
    ...(options.withStack && error.stack !== undefined ? { stack: options.scrub(error.stack) } : {}),
  };
}

function clipMessage(text: string): string {
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}
