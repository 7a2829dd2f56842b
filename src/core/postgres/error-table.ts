import type { ErrorCode } from '../errors';

/** SQLSTATEs that some parts of the program handle themselves (PostgreSQL, appendix A). */
export const SQLSTATE = {
  invalidPassword: '28P01',
  insufficientPrivilege: '42501',
  lockNotAvailable: '55P03',
  dependentObjectsStillExist: '2BP01',
  invalidTableDefinition: '42P16',
  invalidFunctionDefinition: '42P13',
} as const;

/** What a kind of failure means for us. */
export interface DatabaseErrorMeaning {
  readonly code: ErrorCode;
  /** Follows "PostgreSQL at host:port" or "The database". */
  readonly predicate: string;
  readonly hint: string;
  /** Adds the database's own message. */
  readonly withReason?: true;
}

const ROLLED_BACK = 'Work in progress was rolled back. The service retries; run a command again.';

const unreachable = (reason: string): DatabaseErrorMeaning => ({
  code: 'database.unreachable',
  predicate: `cannot be reached: ${reason}`,
  hint: `Check DATABASE_URL and that the server runs. ${ROLLED_BACK}`,
});
export const LOST: DatabaseErrorMeaning = {
  code: 'database.unreachable',
  predicate: 'ended the connection, or it was lost',
  hint: `Is the server running and reachable? ${ROLLED_BACK}`,
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

/**
 * By SQLSTATE (PostgreSQL, appendix A) or a code of Prisma, of the package postgres or of Node; the first match counts.
 */
export const BY_CODE: readonly (readonly [pattern: RegExp, meaning: DatabaseErrorMeaning])[] = [
  // Configuration that someone has to correct.
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
      'ends sessions that are idle for a moment (idle_session_timeout)',
      'ALTER DATABASE … SET idle_session_timeout = 0, or for the user: ALTER ROLE … SET idle_session_timeout = 0.',
    ),
  ],
  // Transient failures.
  [/^ECONNREFUSED$/, unreachable('nothing is listening there')],
  [/^ENOTFOUND$/, unreachable('there is no host of that name')],
  [/^EAI_AGAIN$/, unreachable('the name of the host cannot be looked up')],
  [/^EHOSTUNREACH$/, unreachable('there is no route to that host')],
  [/^ENETUNREACH$/, unreachable('there is no route to that network')],
  [/^ENOENT$/, unreachable('there is no such socket')],
  [/^EACCES$/, unreachable('this user may not use that socket')],
  [/^(ETIMEDOUT|CONNECT_TIMEOUT)$/, unreachable('it does not answer')],
  [/^57P03$/, unreachable('it is starting or stopping')],
  [/^(ECONNRESET|EPIPE)$/, unreachable('it closed the connection')],
  [/^(08\w{3}|57P\d\d|25P0[34]|P100[128]|P1017)$/, LOST],
  // Not SQLSTATEs: codes of Node and the package postgres for a connection that fails.
  [/^(E[A-Z_]+|CONNECT(ION)?_[A-Z]+)$/, LOST],
  [/^53100$/, failed('has no disk space left', 'Free disk space on its server; the sync then continues.')],
  [
    /^25006$/,
    failed(
      'is read-only at the moment (a standby, a failover, or default_transaction_read_only)',
      'Point DATABASE_URL at the primary; after a failover the sync continues.',
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
    withReason(
      failed('has run out of a resource', `Give its server more of what the message names. ${ROLLED_BACK}`),
    ),
  ],
  [
    /^(40001|40P01|P2034)$/,
    withReason(failed('rolled back one of two transactions that conflicted', ROLLED_BACK)),
  ],
  [
    /^55P03$/,
    failed(
      'did not grant a lock in time: another session holds it',
      `See who in pg_stat_activity and pg_locks. ${ROLLED_BACK}`,
    ),
  ],
  [
    /^57014$/,
    failed(
      'stopped a statement that took too long',
      `Is it overloaded, or does something hold a lock (pg_stat_activity)? ${ROLLED_BACK}`,
    ),
  ],
  [/^P2028$/, failed('could not start or end a transaction in time', `Is it overloaded? ${ROLLED_BACK}`)],
  [
    /^XX00[12]$/,
    withReason(
      failed('reports damaged data', 'Look at the server’s log and disk; restore a backup if necessary.'),
    ),
  ],
  // Failures that a retry cannot fix.
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
      hint: 'Set REPORT_TIME_ZONE back, or reopen those months first (kpool reopen) and close them again.',
      withReason: true,
    },
  ],
  [
    /^42501$/,
    rejected(
      'does not allow the user of DATABASE_URL what is needed',
      'Let it own the database (ALTER DATABASE … OWNER TO …), or grant it what the message names.',
    ),
  ],
  [
    /^(22|23|2B|42|0A|21|2F|P0)\w{3}$/,
    rejected('refused a statement', 'Please report it with this message.'),
  ],
];

/** Failures of pg, Prisma, poolers and Node that have no code of their own, by their wording. */
export const BY_WORDING: readonly (readonly [pattern: RegExp, meaning: DatabaseErrorMeaning])[] = [
  [
    /unsupported startup parameter/i,
    refused(
      'is behind a pooler that accepts no options',
      'Remove options= from DATABASE_URL, or let the pooler ignore or pass it (pgbouncer: ignore_startup_parameters).',
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
      'does not offer TLS, which DATABASE_URL requires',
      'Enable it on the server, or remove sslmode from DATABASE_URL.',
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
  [/connection terminated|not queryable|connection error/i, LOST],
];

/** Any other failure. */
export const UNKNOWN_DATABASE_ERROR = withReason(failed('failed', ROLLED_BACK));
