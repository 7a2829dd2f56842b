import { KpoolError } from '../core/errors';

/** SQLSTATE classes and codes that say the statement itself can never succeed as it is. */
const REJECTED = /^(22|23|42|0A|21|2F)/;
const READ_ONLY = '25006';
const DISK_FULL = '53100';

function findDeep(
  error: unknown,
  wanted: (value: Record<string, unknown>) => string | null,
  depth = 0,
): string | null {
  if (typeof error !== 'object' || error === null || depth > 6) return null;
  const record = error as Record<string, unknown>;
  const found = wanted(record);
  if (found !== null) return found;
  for (const key of ['cause', 'meta', 'driverAdapterError']) {
    const deeper = findDeep(record[key], wanted, depth + 1);
    if (deeper !== null) return deeper;
  }
  return null;
}

function sqlStateOf(error: unknown): string | null {
  return findDeep(error, (value) => {
    for (const key of ['originalCode', 'code']) {
      const code = value[key];
      if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^P\d{4}$/.test(code)) return code;
    }
    return null;
  });
}

function databaseMessageOf(error: unknown): string {
  const original = findDeep(error, (value) => {
    for (const key of ['originalMessage', 'message']) {
      const text = value[key];
      if (typeof text === 'string' && !text.includes('Invalid `')) return text.split('\n')[0] ?? null;
    }
    return null;
  });
  return original ?? 'no reason given';
}

/** What a failure of the database means: whether to try again, and what the user should do. */
export function classifyDatabaseError(error: unknown): KpoolError {
  if (error instanceof KpoolError) return error;
  const state = sqlStateOf(error);
  const reason = databaseMessageOf(error);
  if (state === DISK_FULL) {
    return new KpoolError('database.failed', 'The database has no disk space left.', {
      hint: 'Free disk space on the database server; the sync goes on by itself.',
    });
  }
  if (state === READ_ONLY) {
    return new KpoolError(
      'database.failed',
      'The database is read-only at the moment (a standby, or a failover).',
      {
        hint: 'Point DATABASE_URL at the primary; after a failover the sync goes on by itself.',
      },
    );
  }
  if (state !== null && REJECTED.test(state)) {
    return new KpoolError(
      'database.rejected',
      `The database refused a statement (SQLSTATE ${state}): ${reason}`,
    );
  }
  return new KpoolError(
    'database.failed',
    `The database failed${state === null ? '' : ` (SQLSTATE ${state})`}: ${reason}`,
    {
      hint: 'Is it running and reachable? What was in hand was rolled back and is tried again.',
    },
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
