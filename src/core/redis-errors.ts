import { KpoolError, type ErrorCode } from './errors';

/** What a kind of failure means for us. */
interface RedisErrorMeaning {
  readonly code: Extract<ErrorCode, 'queue.refused' | 'queue.unreachable'>;
  /** Follows "Redis at host:port" or "Redis". */
  readonly predicate: string;
  readonly hint: string;
  /** Adds Redis's own message. */
  readonly withReason?: true;
}

/**
 * For `ACL SETUSER`, after user and password: everything that BullMQ needs, and no command that administers a server.
 * Its keys begin with `kpool`.
 */
export const REDIS_PERMISSIONS = '~kpool* +@read +@write +@scripting +@connection +@transaction +info';

const WITHOUT_REDIS = 'Without REDIS_URL the jobs are kept in PostgreSQL.';

/** The configuration, ours or the server's, has to change. */
const refused = (predicate: string, hint: string): RedisErrorMeaning => ({
  code: 'queue.refused',
  predicate,
  hint,
});
/** Transient. */
const transient = (predicate: string, hint: string): RedisErrorMeaning => ({
  code: 'queue.unreachable',
  predicate,
  hint,
});
const withReason = (meaning: RedisErrorMeaning): RedisErrorMeaning => ({ ...meaning, withReason: true });

const unreachable = (reason: string): RedisErrorMeaning =>
  transient(`cannot be reached: ${reason}`, `Check REDIS_URL and that the server runs. ${WITHOUT_REDIS}`);

export const IS_CLUSTER = refused(
  'is part of a cluster, and the jobs need a single server',
  `Give REDIS_URL a server that is not in cluster mode (cluster-enabled no). ${WITHOUT_REDIS}`,
);
export const HAS_NO_TLS = refused(
  'does not speak TLS at that port',
  'Write redis:// instead of rediss://, or the port that has TLS.',
);
export const IS_LOADING = transient(
  'is still loading its data',
  'Start again once it is ready: nothing is lost.',
);
export const mayEvict = (policy: string): RedisErrorMeaning =>
  refused(
    `forgets jobs when it is full (maxmemory-policy ${policy})`,
    'Set maxmemory-policy to noeviction: CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
  );

/**
 * By the error's text, which begins with Redis's own error code, or by Node's code; the first match counts. Within a
 * script some versions put other words before that code.
 */
const REDIS_ERROR_MEANINGS: readonly (readonly [pattern: RegExp, meaning: RedisErrorMeaning])[] = [
  [
    /\bNOAUTH\b/,
    refused(
      'asks for a password, and REDIS_URL has none',
      'Write it into REDIS_URL: redis://user:password@host:6379 (without a user: redis://:password@host:6379).',
    ),
  ],
  [
    /\bWRONGPASS\b|\binvalid password\b/i,
    refused(
      'refuses the user or the password',
      'Check both in REDIS_URL; percent-encode special characters. ACL LIST shows whether the user is on.',
    ),
  ],
  [
    /\bNOPERM\b|\bno permissions\b|\bACL failure\b|\bcan't run this command\b/i,
    withReason(
      refused(
        'does not allow the user of REDIS_URL what the jobs need',
        `Grant it the rest: ACL SETUSER <user> ${REDIS_PERMISSIONS}`,
      ),
    ),
  ],
  [
    /\bDB index\b/i,
    refused(
      'has no database of that number',
      'Correct the number at the end of REDIS_URL, or raise databases in redis.conf.',
    ),
  ],
  [/\b(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b|\bcluster mode\b/, IS_CLUSTER],
  [
    /\b(READONLY|MASTERDOWN)\b/,
    refused(
      'is a read-only replica',
      'Give REDIS_URL the address of the primary (INFO replication names it), or of an endpoint that follows it.',
    ),
  ],
  [
    /\bRedis version needs to be\b|\bunknown command\b/i,
    withReason(
      refused(
        'is too old, or lacks a command that the jobs need',
        `Run Redis 6.2 or later with none of its commands renamed. ${WITHOUT_REDIS}`,
      ),
    ),
  ],
  [
    /\bDENIED\b/,
    refused(
      'is in protected mode: it accepts connections from its own host only',
      'Give it a password (requirepass, or an ACL user), and write it into REDIS_URL.',
    ),
  ],
  [/WRONG_VERSION_NUMBER|wrong version number|packet length too long/i, HAS_NO_TLS],
  [
    /CERT|ALTNAME|VERIFY|certificate/,
    withReason(
      refused(
        'shows a TLS certificate that is not trusted',
        'Put the file of its authority into NODE_EXTRA_CA_CERTS, and write the host name that the certificate is for into REDIS_URL.',
      ),
    ),
  ],
  [
    /\bUnknown RESP type\b|\bProtocol error\b/i,
    refused(
      'does not answer like Redis',
      'Check host and port in REDIS_URL: another program is listening there.',
    ),
  ],
  [/\bLOADING\b/, IS_LOADING],
  [
    /\bOOM\b/,
    transient('is full', 'Raise maxmemory, or delete what else it holds; jobs take a few megabytes.'),
  ],
  [
    /\bMISCONF\b/,
    transient('cannot save its data, and accepts no more', 'Look at its log and its disk; then start again.'),
  ],
  [
    /\bBUSY\b/,
    transient('is busy with a script of another program', 'Wait until it ends, or end it: SCRIPT KILL.'),
  ],
  [
    /\bNOREPLICAS\b/,
    transient('has too few replicas to accept writes', 'Bring them back, or lower min-replicas-to-write.'),
  ],
  [
    /\bmax number of clients\b/,
    transient('has no connection left for us', 'Raise maxclients, or end what holds them (CLIENT LIST).'),
  ],
  [
    /^Missing (key|lock) for job|^Lock mismatch for job/,
    transient(
      'lost a job in progress',
      'Nothing of the ledger is lost: what is due is known to the database.',
    ),
  ],
  [/ECONNREFUSED/, unreachable('nothing is listening there')],
  [/ENOTFOUND/, unreachable('there is no host of that name')],
  [/EAI_AGAIN/, unreachable('the name of the host cannot be looked up')],
  [/EHOSTUNREACH|ENETUNREACH/, unreachable('there is no route to that host')],
  [
    /ETIMEDOUT|Command timed out|Socket timeout/,
    transient(
      'cannot be reached: it does not answer',
      `Check REDIS_URL, firewalls, and whether it has TLS at that port (else redis://, not rediss://). ${WITHOUT_REDIS}`,
    ),
  ],
  [
    /ECONNRESET|EPIPE|Connection is closed|connection close|max retries per request/i,
    transient(
      'closed the connection',
      `Is it running, and does it require TLS (rediss:// in REDIS_URL)? ${WITHOUT_REDIS}`,
    ),
  ],
];

const UNKNOWN_REDIS_ERROR = withReason(transient('failed', `Look at its server's log. ${WITHOUT_REDIS}`));

/** Names of the errors of ioredis, its parser and BullMQ about Redis or the connection to it. */
const REDIS_ERROR_NAMES =
  /^(ReplyError|MaxRetriesPerRequestError|AbortError|ParserError|ClusterAllFailedError)$/;
/** The wording of those that they throw as a plain Error. */
const WORDINGS =
  /^(Connection is closed\.?|Command timed out|connect ETIMEDOUT|Socket timeout\. Expecting data|Unknown RESP type|Redis version needs to be|(Missing (key|lock)|Lock mismatch) for job )/;

/** Whether a failure comes from Redis or the connection to it. */
export function isRedisError(error: unknown): boolean {
  const { name, message } = readErrorFields(error);
  // The DOMException of an aborted request has one of these names too.
  return (REDIS_ERROR_NAMES.test(name) && !(error instanceof DOMException)) || WORDINGS.test(message);
}

export function redisFailure(meaning: RedisErrorMeaning, place?: string, cause?: unknown): KpoolError {
  const { code, predicate, hint } = meaning;
  const subject = place === undefined ? 'Redis' : `Redis at ${place}`;
  const reason = meaning.withReason === true ? `: ${joinWords(cause)}` : '.';
  return new KpoolError(code, `${subject} ${predicate}${reason}`, { hint, cause });
}

/** Classifies a failure of Redis, and says what the user should do. `place`: where a connection was to be opened. */
export function classifyRedisError(error: unknown, place?: string): KpoolError {
  if (error instanceof KpoolError) return error;
  const text = joinWords(error);
  const meaning = REDIS_ERROR_MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? UNKNOWN_REDIS_ERROR;
  return redisFailure(meaning, place, error);
}

/** The reason in words, with Node's code. A host with several addresses fails with one error for each. */
function joinWords(error: unknown): string {
  const { message, code } = readErrorFields(error instanceof AggregateError ? error.errors[0] : error);
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}

function readErrorFields(error: unknown): {
  readonly name: string;
  readonly message: string;
  readonly code: string;
} {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >;
  const [name, message, code] = ['name', 'message', 'code'].map((field) => {
    const value = fields[field];
    return typeof value === 'string' ? value : '';
  });
  return { name: name ?? '', message: message ?? '', code: code ?? '' };
}
