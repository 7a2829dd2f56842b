import { isKpoolError } from '../core/errors';

/** The parts of an error that may be shown. Other properties (a request, a query) are omitted. */
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

/** The shape of anything thrown, with up to five causes, all texts scrubbed. */
export function shapeError(error: unknown, options: ErrorShapeOptions, depth = 0): ErrorShape {
  if (!(error instanceof Error)) {
    return {
      name: 'Thrown',
      message: typeof error === 'string' ? clipMessage(options.scrub(error)) : `a ${typeof error}`,
    };
  }
  const code: unknown = 'code' in error ? error.code : undefined;
  // Node's AggregateError for several addresses has an empty message, with the reasons inside.
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
