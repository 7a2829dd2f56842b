import { KpoolError } from '../errors';
import { BY_CODE, BY_WORDING, LOST, UNKNOWN, type DatabaseErrorMeaning } from './error-table';

/** As the package postgres calls what happens to a connection. */
const CONNECTION_CODE = /^(CONNECT_TIMEOUT|CONNECTION_[A-Z]+|SASL_SIGNATURE_MISMATCH)$/;

/** A session that could not be begun: its settings, not a statement, were refused. */
const SESSION_HINT =
  'Look at options= in DATABASE_URL, and at what ALTER ROLE … SET and ALTER DATABASE … SET say of it.';

/** What Prisma says of our mistakes in using it. */
const MISUSE = 'PrismaClientValidationError';

type Fields = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 6;

/** The error and what hangs on it, outermost first. */
function layersOf(error: unknown, depth = 0): Fields[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return [];
  const fields = error as Fields;
  // A host with several addresses fails with one error for each, and no code of its own on some Node versions.
  const inner = Array.isArray(fields['errors']) ? [fields['errors'][0] as unknown] : [];
  const nested = ['meta', 'driverAdapterError', 'cause'].map((name) => fields[name]);
  return [fields, ...[...inner, ...nested].flatMap((layer) => layersOf(layer, depth + 1))];
}

function findText(layers: readonly Fields[], name: string, pattern = /./): string | null {
  for (const layer of layers) {
    const text = layer[name];
    if (typeof text === 'string' && pattern.test(text)) return text;
  }
  return null;
}

/** SQLSTATE if the server gave one, else the code that Prisma, Node or a driver gave. */
function codeOf(layers: readonly Fields[]): string | null {
  const state = /^(?!P[1-6]\d{3}$)(?!E[A-Z])[0-9A-Z]{5}$/;
  return (
    findText(layers, 'originalCode', state) ??
    findText(layers, 'code', state) ??
    findText(layers, 'code', /^(?!P2010$)\w{1,40}$/)
  );
}

function reasonOf(layers: readonly Fields[]): string {
  const text = findText(layers, 'originalMessage') ?? findText(layers, 'message', /^(?!\s*Invalid `)/);
  return text?.split('\n').find((line) => line.trim() !== '') ?? 'no reason given';
}

/** Whether a failure comes from the database, its drivers or the connection to it. */
export function isDatabaseError(error: unknown): boolean {
  const layers = layersOf(error);
  return isOfDatabase(layers) && !isMisuse(layers);
}

function isMisuse(layers: readonly Fields[]): boolean {
  return findText(layers, 'name') === MISUSE;
}

function isOfDatabase(layers: readonly Fields[]): boolean {
  return (
    /^(Prisma|DriverAdapter|Postgres)/.test(findText(layers, 'name') ?? '') ||
    // What the server says; Prisma marks what the driver throws through it.
    layers.some((layer) => 'severity' in layer || 'clientVersion' in layer) ||
    CONNECTION_CODE.test(findText(layers, 'code') ?? '') ||
    BY_WORDING.some(([pattern]) => pattern.test(reasonOf(layers)))
  );
}

/**
 * What a failure of the database means: whether to try again, and what the user should do. `place` is where a connection
 * was to be made to, for a failure to begin one. A failure that is none of the database's is a bug, and is not tried again
 * as if it could pass.
 */
export function classifyDatabaseError(error: unknown, place?: string): KpoolError {
  const layers = layersOf(error);
  // One of ours may have gone through a driver.
  const ours = layers.find((layer) => layer instanceof KpoolError);
  if (ours !== undefined) return ours;
  const code = codeOf(layers);
  if (isMisuse(layers) || (code === null && !isOfDatabase(layers))) {
    return new KpoolError('broken-promise', 'The program failed in a way that it does not know.', {
      cause: error,
    });
  }
  const reason = reasonOf(layers);
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

function findMeaning(layers: readonly Fields[], code: string | null, reason: string): DatabaseErrorMeaning {
  const found =
    BY_WORDING.find(([pattern]) => pattern.test(reason)) ??
    BY_CODE.find(([pattern]) => code !== null && pattern.test(code));
  if (found !== undefined) return found[1];
  if (findText(layers, 'kind', /NotReachable$/) !== null) return LOST;
  return UNKNOWN;
}

/** Whether asking again would get the same answer: something is missing or forbidden, or a statement of ours is wrong. */
export function isRejection(error: unknown): boolean {
  return classifyDatabaseError(error).code === 'database.rejected';
}

/** Whether the failure says nothing against the statement: connection, serialization, resources, shutdown, lock. */
export function isPassing(error: unknown): boolean {
  const layers = layersOf(error);
  const meaning = findMeaning(layers, codeOf(layers), reasonOf(layers));
  return (
    meaning !== UNKNOWN && (meaning.code === 'database.failed' || meaning.code === 'database.unreachable')
  );
}

/** Runs a store operation; whatever fails comes out as a `KpoolError`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}
