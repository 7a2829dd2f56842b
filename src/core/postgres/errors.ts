import { KpoolError } from '../errors';
import { BY_CODE, BY_WORDING, LOST, UNKNOWN_DATABASE_ERROR, type DatabaseErrorMeaning } from './error-table';

/** Codes of the package postgres for failures of a connection. */
const CONNECTION_CODE = /^(CONNECT_TIMEOUT|CONNECTION_[A-Z]+|SASL_SIGNATURE_MISMATCH)$/;

/** The hint for a session that could not be opened because its settings were refused. */
const SESSION_HINT =
  'Look at options= in DATABASE_URL, and for its settings in ALTER ROLE … SET and ALTER DATABASE … SET.';

/** Prisma's error for a wrong use of its client. */
const MISUSE = 'PrismaClientValidationError';

type ErrorFields = Readonly<Record<string, unknown>>;

const MAX_ERROR_LAYERS = 6;

/** The error and its causes, outermost first. */
function listLayers(error: unknown, depth = 0): ErrorFields[] {
  if (typeof error !== 'object' || error === null || depth > MAX_ERROR_LAYERS) return [];
  const fields = error as ErrorFields;
  // A host with several addresses fails with one error for each, and no code of its own on some Node versions.
  const inner = Array.isArray(fields['errors']) ? [fields['errors'][0] as unknown] : [];
  const nested = ['meta', 'driverAdapterError', 'cause'].map((name) => fields[name]);
  return [fields, ...[...inner, ...nested].flatMap((layer) => listLayers(layer, depth + 1))];
}

function findField(layers: readonly ErrorFields[], name: string, pattern = /./): string | null {
  for (const layer of layers) {
    const text = layer[name];
    if (typeof text === 'string' && pattern.test(text)) return text;
  }
  return null;
}

/** The SQLSTATE if the server gave one, otherwise the code of Prisma, Node or a driver. */
function findErrorCode(layers: readonly ErrorFields[]): string | null {
  const state = /^(?!P[1-6]\d{3}$)(?!E[A-Z])[0-9A-Z]{5}$/;
  return (
    findField(layers, 'originalCode', state) ??
    findField(layers, 'code', state) ??
    findField(layers, 'code', /^(?!P2010$)\w{1,40}$/)
  );
}

function describeReason(layers: readonly ErrorFields[]): string {
  const text = findField(layers, 'originalMessage') ?? findField(layers, 'message', /^(?!\s*Invalid `)/);
  return text?.split('\n').find((line) => line.trim() !== '') ?? 'no reason given';
}

/** Whether a failure comes from the database, its drivers or the connection to it. */
export function isDatabaseError(error: unknown): boolean {
  const layers = listLayers(error);
  return isOfDatabase(layers) && !isMisuse(layers);
}

function isMisuse(layers: readonly ErrorFields[]): boolean {
  return findField(layers, 'name') === MISUSE;
}

function isOfDatabase(layers: readonly ErrorFields[]): boolean {
  return (
    /^(Prisma|DriverAdapter|Postgres)/.test(findField(layers, 'name') ?? '') ||
    // The server's errors have a severity; Prisma marks those that a driver throws through it.
    layers.some((layer) => 'severity' in layer || 'clientVersion' in layer) ||
    CONNECTION_CODE.test(findField(layers, 'code') ?? '') ||
    BY_WORDING.some(([pattern]) => pattern.test(describeReason(layers)))
  );
}

/**
 * Classifies a failure of the database: whether to retry, and what the user should do. `place`: where a connection was
 * being opened, if that failed. A failure that is not the database's is a bug, and is not retried.
 */
export function classifyDatabaseError(error: unknown, place?: string): KpoolError {
  const layers = listLayers(error);
  // One of our errors may have passed through a driver.
  const ours = layers.find((layer) => layer instanceof KpoolError);
  if (ours !== undefined) return ours;
  const code = findErrorCode(layers);
  if (isMisuse(layers) || (code === null && !isOfDatabase(layers))) {
    return new KpoolError('broken-promise', 'The program failed in an unexpected way.', {
      cause: error,
    });
  }
  const reason = describeReason(layers);
  const meaning = findMeaning(layers, code, reason);
  const isRejected = place !== undefined && meaning.code === 'database.rejected';
  const { predicate, hint } = isRejected ? { predicate: 'refuses the session', hint: SESSION_HINT } : meaning;
  const subject = place === undefined ? 'The database' : `PostgreSQL at ${place}`;
  const shownCode = code === null || reason.includes(code) ? '' : ` (${code})`;
  const message =
    meaning.withReason === true
      ? `${subject} ${predicate}${shownCode}: ${reason}`
      : `${subject} ${predicate}.`;
  return new KpoolError(isRejected ? 'database.refused' : meaning.code, message, { hint });
}

function findMeaning(
  layers: readonly ErrorFields[],
  code: string | null,
  reason: string,
): DatabaseErrorMeaning {
  const found =
    BY_WORDING.find(([pattern]) => pattern.test(reason)) ??
    BY_CODE.find(([pattern]) => code !== null && pattern.test(code));
  if (found !== undefined) return found[1];
  if (findField(layers, 'kind', /NotReachable$/) !== null) return LOST;
  return UNKNOWN_DATABASE_ERROR;
}

/** Whether a retry would fail the same way: something is missing or forbidden, or one of our statements is wrong. */
export function isRejection(error: unknown): boolean {
  return classifyDatabaseError(error).code === 'database.rejected';
}

/** Whether the statement itself was not at fault: connection, serialization, resources, shutdown, lock. */
export function isTransient(error: unknown): boolean {
  const layers = listLayers(error);
  const meaning = findMeaning(layers, findErrorCode(layers), describeReason(layers));
  return (
    meaning !== UNKNOWN_DATABASE_ERROR &&
    (meaning.code === 'database.failed' || meaning.code === 'database.unreachable')
  );
}

/** Runs an operation of a store; any failure becomes a `KpoolError`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}
