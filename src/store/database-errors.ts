import { KpoolError, type ErrorCode } from '../core/errors';

/** What a kind of failure means to us. */
interface Meaning {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly hint: string;
  /** The database's own words say more. */
  readonly withReason?: true;
}

const BY_ITSELF =
  'What was in hand was rolled back. The service tries again by itself; a command has to be given again.';

const UNREACHABLE: Meaning = {
  code: 'database.unreachable',
  sentence: 'The connection to the database was lost, or could not be made',
  hint: `Is it running and reachable? ${BY_ITSELF}`,
  withReason: true,
};

/** By SQLSTATE (PostgreSQL, appendix A) or the code of Prisma or of Node; the first that fits counts. */
const MEANINGS: readonly (readonly [pattern: RegExp, meaning: Meaning])[] = [
  [
    /^53100$/,
    {
      code: 'database.failed',
      sentence: 'The database has no disk space left',
      hint: 'Free disk space on the database server; the sync goes on by itself.',
    },
  ],
  [
    /^25006$/,
    {
      code: 'database.failed',
      sentence: 'The database is read-only at the moment (a standby, or a failover)',
      hint: 'Point DATABASE_URL at the primary; after a failover the sync goes on by itself.',
    },
  ],
  [
    /^53300$/,
    {
      code: 'database.failed',
      sentence: 'All connections of the database are taken',
      hint: 'Raise max_connections, or stop what holds them (pg_stat_activity). It is tried again by itself.',
    },
  ],
  [
    /^(40001|40P01|P2034)$/,
    {
      code: 'database.failed',
      sentence: 'Two transactions of the database stood in each other’s way, and one was rolled back',
      hint: BY_ITSELF,
      withReason: true,
    },
  ],
  [
    /^55P03$/,
    {
      code: 'database.failed',
      sentence: 'Something else in the database held a lock for too long',
      hint: `See who in pg_stat_activity and pg_locks. ${BY_ITSELF}`,
    },
  ],
  [
    /^57014$/,
    {
      code: 'database.failed',
      sentence: 'A statement took longer than it may, and was stopped',
      hint: `Is the database overloaded, or does something hold a lock (pg_stat_activity)? ${BY_ITSELF}`,
    },
  ],
  [
    /^P2028$/,
    {
      code: 'database.failed',
      sentence: 'A transaction could not begin or end in time',
      hint: `Is the database overloaded? ${BY_ITSELF}`,
    },
  ],
  [/^(08\w{3}|57P\d\d|25P0[34]|P100[128]|P1017)$/, UNREACHABLE],
  // Not SQLSTATE: as Node and the package postgres call a connection that fails.
  [/^(E[A-Z_]+|CONNECT(ION)?_[A-Z]+)$/, UNREACHABLE],
  [
    /^(28\w{3}|3D000|P1000|P1003)$/,
    {
      code: 'database.refused',
      sentence: 'The database does not let us in any more',
      hint: 'Check user, password and name of the database in DATABASE_URL (kpool check).',
      withReason: true,
    },
  ],
  [
    /^(42P01|42883|42703|3F000)$/,
    {
      code: 'database.rejected',
      sentence: 'The database lacks something that this version needs',
      hint: 'Bring it up to date (kpool migrate); do not run two versions of kpool on one database.',
      withReason: true,
    },
  ],
  [
    // Raised by sync.follow_report_zone().
    /^KP001$/,
    {
      code: 'config.invalid',
      sentence: 'REPORT_TIME_ZONE cannot change while a month is closed',
      hint: 'Set REPORT_TIME_ZONE back, or reopen those months first (kpool reopen) and close them anew.',
      withReason: true,
    },
  ],
  [
    /^42501$/,
    {
      code: 'database.rejected',
      sentence: 'The user of DATABASE_URL may not do what is needed',
      hint: 'Let it own the schemas pool, report and sync.',
      withReason: true,
    },
  ],
  // The statement itself can never succeed as it is.
  [
    /^(22|23|42|0A|21|2F|P0)\w{3}$/,
    {
      code: 'database.rejected',
      sentence: 'The database refused a statement',
      hint: 'Please report it with this message.',
      withReason: true,
    },
  ],
];

/** As pg words what it gives no code. */
const CONNECTION_WORDS =
  /connection terminated|not queryable|connection error|timeout exceeded when trying to connect|timeout expired/i;
/** What Prisma says of our mistakes in using it. */
const MISUSE = 'PrismaClientValidationError';

type Fields = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 6;

/** The error and what hangs on it, outermost first. */
function layersOf(error: unknown, depth = 0): Fields[] {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return [];
  const fields = error as Fields;
  return [
    fields,
    ...['meta', 'driverAdapterError', 'cause'].flatMap((name) => layersOf(fields[name], depth + 1)),
  ];
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

function isOfDatabase(layers: readonly Fields[], code: string | null, reason: string): boolean {
  const name = findText(layers, 'name') ?? '';
  if (name === MISUSE) return false;
  return (
    code !== null ||
    /^(Prisma|DriverAdapter|Postgres)/.test(name) ||
    // Prisma marks what the driver throws through it.
    layers.some((layer) => 'clientVersion' in layer) ||
    CONNECTION_WORDS.test(reason)
  );
}

/**
 * What a failure of the database means: whether to try again, and what the user should do. A failure that is none of
 * the database's is a bug, and is not tried again as if it could pass.
 */
export function classifyDatabaseError(error: unknown): KpoolError {
  if (error instanceof KpoolError) return error;
  const layers = layersOf(error);
  const code = codeOf(layers);
  const reason = reasonOf(layers);
  if (!isOfDatabase(layers, code, reason)) {
    return new KpoolError('broken-promise', 'The program failed in a way that it does not know.', {
      cause: error,
    });
  }
  const known = MEANINGS.find(([pattern]) => pattern.test(code ?? ''))?.[1];
  const isConnection = CONNECTION_WORDS.test(reason) || findText(layers, 'kind', /NotReachable$/) !== null;
  const meaning = known ?? (isConnection ? UNREACHABLE : null);
  const shownCode = code === null || reason.includes(code) ? '' : ` (${code})`;
  if (meaning === null) {
    return new KpoolError('database.failed', `The database failed${shownCode}: ${reason}`, {
      hint: BY_ITSELF,
    });
  }
  const { sentence, hint, withReason } = meaning;
  const message = withReason === true ? `${sentence}${shownCode}: ${reason}` : `${sentence}.`;
  return new KpoolError(meaning.code, message, { hint });
}

/** Runs a store operation; whatever fails comes out as a `KpoolError`. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw classifyDatabaseError(error);
  }
}
