import { KpoolError, type ErrorCode } from '../errors';

/** What a kind of failure means to us. */
interface DatabaseErrorMeaning {
  readonly code: ErrorCode;
  /** Follows "PostgreSQL at host:port" or "The database". */
  readonly predicate: string;
  readonly hint: string;
  /** Add the database's own message. */
  readonly withReason?: true;
}

const ROLLED_BACK =
  'What was in hand was rolled back. The service tries again; a command has to be given again.';

const unreachable = (reason: string): DatabaseErrorMeaning => ({
  code: 'database.unreachable',
  predicate: `cannot be reached: ${reason}`,
  hint: `Check DATABASE_URL and that the server runs. ${ROLLED_BACK}`,
});
const lost: DatabaseErrorMeaning = {
  code: 'database.unreachable',
  predicate: 'ended the connection, or it was lost',
  hint: `Does the server run, and can it be reached? ${ROLLED_BACK}`,
  withReason: true,
};
const refused = (predicate: string, hint: string): DatabaseErrorMeaning => ({
  code: 'database.refused',
  predicate,
  hint,
});
const failed = (predicate: string, hint: string): DatabaseErrorMeaning => ({
  code: 'database.failed',
  predicate,
  hint,
});
const rejected = (predicate: string, hint: string): DatabaseErrorMeaning => ({
  code: 'database.rejected',
  predicate,
  hint,
  withReason: true,
});
const withReason = (meaning: DatabaseErrorMeaning): DatabaseErrorMeaning => ({
  ...meaning,
  withReason: true,
});

/** By SQLSTATE (PostgreSQL, appendix A) or the code of Prisma, of the package postgres or of Node; the first that fits counts. */
const BY_CODE: readonly (readonly [pattern: RegExp, meaning: DatabaseErrorMeaning])[] = [
  // Configuration that a person has to correct.
  [
    /^(28P01|P1000)$/,
    refused(
      'refuses the password',
      'Check user and password in DATABASE_URL; percent-encode special characters.',
    ),
  ],
  [
    /^28\w{3}$/,
    withReason(
      refused(
        'refuses the user',
        'Check the user in DATABASE_URL, whether it needs sslmode=require, and the pg_hba.conf of the server.',
      ),
    ),
  ],
  [
    /^(3D000|P1003|57P04)$/,
    refused(
      'has no database of that name',
      'Create it (createdb), or correct the name at the end of DATABASE_URL.',
    ),
  ],
  [
    /CERT|ALTNAME|VERIFY/,
    withReason(
      refused(
        'shows a TLS certificate that is not trusted',
        'Name its authority in DATABASE_URL: ?sslmode=verify-full&sslrootcert=/path/ca.pem; or encrypt without checking who answers: ?sslmode=no-verify.',
      ),
    ),
  ],
  [
    /^57P05$/,
    refused(
      'ends sessions that rest for a moment (idle_session_timeout)',
      'ALTER DATABASE … SET idle_session_timeout = 0, or for the user: ALTER ROLE … SET idle_session_timeout = 0.',
    ),
  ],
  // Transient failures.
  [/^ECONNREFUSED$/, unreachable('nothing listens there')],
  [/^ENOTFOUND$/, unreachable('there is no host of that name')],
  [/^EAI_AGAIN$/, unreachable('the name of the host cannot be looked up')],
  [/^EHOSTUNREACH$/, unreachable('there is no way to that host')],
  [/^ENETUNREACH$/, unreachable('there is no way to that network')],
  [/^ENOENT$/, unreachable('there is no such socket')],
  [/^EACCES$/, unreachable('this user may not use that socket')],
  [/^(ETIMEDOUT|CONNECT_TIMEOUT)$/, unreachable('it does not answer')],
  [/^57P03$/, unreachable('it is starting or stopping')],
  [/^(ECONNRESET|EPIPE)$/, unreachable('it closed the connection')],
  [/^(08\w{3}|57P\d\d|25P0[34]|P100[128]|P1017)$/, lost],
  // Not SQLSTATE: as Node and the package postgres call a connection that fails.
  [/^(E[A-Z_]+|CONNECT(ION)?_[A-Z]+)$/, lost],
  [/^53100$/, failed('has no disk space left', 'Free disk space on its server; the sync then goes on.')],
  [
    /^25006$/,
    failed(
      'is read-only at the moment (a standby, a failover, or default_transaction_read_only)',
      'Point DATABASE_URL at the primary; after a failover the sync goes on.',
    ),
  ],
  [
    /^53300$/,
    withReason(
      failed(
        'has no connection left for us',
        'Lower DATABASE_MAX_CONNECTIONS, raise the limit that the message names (max_connections, CONNECTION LIMIT), or stop what holds the connections (pg_stat_activity).',
      ),
    ),
  ],
  [
    /^53\w{3}$/,
    withReason(failed('is short of something', `Give its server what the message names. ${ROLLED_BACK}`)),
  ],
  [
    /^(40001|40P01|P2034)$/,
    withReason(failed('rolled back one of two transactions that stood in each other’s way', ROLLED_BACK)),
  ],
  [
    /^55P03$/,
    failed(
      'did not give a lock in time: something else held it',
      `See who in pg_stat_activity and pg_locks. ${ROLLED_BACK}`,
    ),
  ],
  [
    /^57014$/,
    failed(
      'stopped a statement that took longer than it may',
      `Is it overloaded, or does something hold a lock (pg_stat_activity)? ${ROLLED_BACK}`,
    ),
  ],
  [/^P2028$/, failed('could not begin or end a transaction in time', `Is it overloaded? ${ROLLED_BACK}`)],
  [
    /^XX00[12]$/,
    withReason(
      failed(
        'reports damaged data',
        'Look at the log of its server and at its disk; restore a backup if need be.',
      ),
    ),
  ],
  // Failures that a retry does not change.
  [
    /^(42P01|42883|42703|3F000)$/,
    rejected(
      'lacks something that this version needs',
      'Bring it up to date (kpool migrate); do not run two versions of kpool on one database.',
    ),
  ],
  [
    // Raised by sync.follow_report_zone().
    /^KP001$/,
    {
      code: 'config.invalid',
      predicate: 'cannot change REPORT_TIME_ZONE while a month is closed',
      hint: 'Set REPORT_TIME_ZONE back, or reopen those months first (kpool reopen) and close them anew.',
      withReason: true,
    },
  ],
  [
    /^42501$/,
    rejected(
      'does not let the user of DATABASE_URL do what is needed',
      'Let it own the database (ALTER DATABASE … OWNER TO …), or grant it what the message names.',
    ),
  ],
  [/^(22|23|42|0A|21|2F|P0)\w{3}$/, rejected('refused a statement', 'Please report it with this message.')],
];

/** What pg, Prisma, poolers and Node give no code of its own, by their wording; none of it names anybody. */
const BY_WORDING: readonly (readonly [pattern: RegExp, meaning: DatabaseErrorMeaning])[] = [
  [
    /unsupported startup parameter/i,
    refused(
      'is behind a pooler that takes no options',
      'Take options= out of DATABASE_URL, or let the pooler ignore or pass it (pgbouncer: ignore_startup_parameters).',
    ),
  ],
  [
    /no such database/i,
    refused(
      'has no database of that name',
      'Correct the name at the end of DATABASE_URL, or the pooler’s list.',
    ),
  ],
  [
    /does not support SSL/i,
    refused(
      'has no TLS, which DATABASE_URL asks for',
      'Enable it on the server, or take sslmode out of DATABASE_URL.',
    ),
  ],
  [
    /password must be a/i,
    refused(
      'asks for a password, and DATABASE_URL has none',
      'Write it between the user and the @ of DATABASE_URL.',
    ),
  ],
  [
    /timeout exceeded when trying to connect|timeout expired|connection timeout/i,
    unreachable('it does not answer'),
  ],
  [/connection terminated|not queryable|connection error/i, lost],
];

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
  if (findText(layers, 'kind', /NotReachable$/) !== null) return lost;
  return withReason(failed('failed', ROLLED_BACK));
}

/** Runs a store operation; whatever fails comes out as a `KpoolError`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}
