import { isKpoolError, KpoolError } from '../core/errors';

/** What a server says about itself. */
export interface ServerFacts {
  /** As `server_version_num`: 150004 for 15.4. */
  readonly versionNumber: number;
  readonly version: string;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly database: string;
  readonly user: string;
}

/** The oldest server that the migrations are tested on (DESIGN §5). */
const OLDEST_VERSION = 140_000;

/** Throws `database.refused` unless a server of this kind can hold our tables. `place` is its host and port. */
export function requireUsable(facts: ServerFacts, place: string): void {
  if (facts.versionNumber < OLDEST_VERSION) {
    throw refused(
      `The server at ${place} is PostgreSQL ${facts.version}.`,
      'kpool needs PostgreSQL 14 to 18.',
    );
  }
  if (facts.encoding !== 'UTF8') {
    throw refused(
      `The database ${facts.database} at ${place} is encoded in ${facts.encoding}.`,
      'Make one for kpool: CREATE DATABASE kpool ENCODING UTF8 TEMPLATE template0;',
    );
  }
  if (facts.isStandby) {
    throw refused(
      `The server at ${place} is a standby: it can only be read.`,
      'Put its primary into DATABASE_URL.',
    );
  }
}

/** What may be done, by SQLSTATE (PostgreSQL, appendix A). */
const REFUSALS: Readonly<Record<string, readonly [sentence: string, hint: string]>> = {
  '28P01': [
    'refuses the password',
    'Check user and password in DATABASE_URL; percent-encode special characters.',
  ],
  '28000': [
    'refuses the user',
    'Check the user in DATABASE_URL, whether it needs sslmode=require, and the pg_hba.conf of the server.',
  ],
  '3D000': [
    'has no database of that name',
    'Create it (createdb), or correct the name at the end of DATABASE_URL.',
  ],
  '42501': [
    'denies the user access to that database',
    'GRANT CONNECT ON DATABASE … TO the user of DATABASE_URL.',
  ],
};

/** What is known of failures that may pass by themselves, by SQLSTATE or the code that Node gives them. */
const OUTAGES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOENT: 'there is no such socket',
  '57P03': 'it is starting or stopping',
  '57P01': 'it is stopping',
  '53300': 'all of its connections are taken',
};

/** Failures that pg and Node's TLS give no code, by their wording; they name nobody. */
const WORDINGS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/timeout/i, 'it does not answer'],
  [/terminated/i, 'it closed the connection'],
  [/does not support SSL/i, 'it has no TLS, which DATABASE_URL asks for'],
  [/password must be a/i, 'it asks for a password, and DATABASE_URL has none'],
];

const CERTIFICATE_CODE = /CERT|ALTNAME|VERIFY/;

/** The failure to connect to the server at `place`, named; our own errors pass through. */
export function connectionFailure(error: unknown, place: string): KpoolError {
  if (isKpoolError(error)) return error;
  // A host with several addresses fails with one error per address, and no code of its own on some Node versions.
  const inner: unknown = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const code = codeOf(inner);
  const refusal = REFUSALS[code];
  if (refusal !== undefined) return refused(`PostgreSQL at ${place} ${refusal[0]}.`, refusal[1], error);
  if (CERTIFICATE_CODE.test(code)) {
    return refused(
      `The TLS certificate of PostgreSQL at ${place} is not trusted (${code}).`,
      'Name its authority in DATABASE_URL: ?sslmode=verify-full&sslrootcert=/path/ca.pem; or encrypt without checking who answers: ?sslmode=no-verify.',
      error,
    );
  }
  const wording =
    inner instanceof Error ? WORDINGS.find(([pattern]) => pattern.test(inner.message))?.[1] : undefined;
  const reason = OUTAGES[code] ?? wording ?? `it failed with ${code}`;
  return new KpoolError('database.unreachable', `PostgreSQL at ${place} cannot be reached: ${reason}.`, {
    hint: 'Check DATABASE_URL and that the server runs. Without DATABASE_URL, kpool runs a PostgreSQL of its own.',
    cause: error,
  });
}

function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'an unknown error';
}

function refused(message: string, hint: string, cause?: unknown): KpoolError {
  return new KpoolError('database.refused', message, { hint, cause });
}
