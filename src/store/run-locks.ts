// Raw SQL: advisory locks, and a state that has to be read in one statement.
import { createHash } from 'node:crypto';
import { KpoolError } from '../core/errors';
import { guarded } from '../core/postgres/errors';
import { RUN_LOCK_CLASS, SCOPE_LOCK_CLASS } from '../core/postgres/lock-numbers';
import { KEEPALIVE_SETTINGS, openPostgresSession, type PostgresSession } from '../core/postgres/session';
import type { Secret } from '../core/secret';
import type { EndedRun, HeldLock } from '../domain/run-record';
import type { Scope } from '../domain/scope';
import { Prisma, type PrismaClient } from './generated/client';
import { isOfScope, NO_ALGO } from './scope-key';

/** The second key of an advisory lock is a 4-byte integer; runs this far apart are never in flight together. */
const RUN_LOCK_KEYS = 2_147_483_647n;
/** More locks than one session can hold with PostgreSQL's default settings. */
const MAX_RUN_NUMBERS = 10_000;
const LOCK_ANSWER_TIMEOUT_MS = 15_000;

/**
 * The locks of runs: which process works on which scope, and which runs are alive. They are advisory locks on one
 * connection per process, which the server releases when that connection ends. A broken connection loses its locks;
 * then the cursors' versions order the commits (P9).
 */
export class PostgresRunLocks {
  private session: PostgresSession | null = null;
  /** Locks of this process: a session may take its own locks again, so the server would not refuse it. */
  private readonly held = new Set<number>();

  constructor(
    private readonly url: Secret,
    private readonly client: PrismaClient,
  ) {}

  async take(scope: Scope): Promise<HeldLock | null> {
    const key = lockKeyOf(scope);
    if (this.held.has(key)) return null;
    this.held.add(key);
    let isTaken = false;
    try {
      const session = this.connect();
      const [row] = await guarded(() =>
        // A lock held by a mere reader is ignored. If two runs then overlap, versions order their commits (P9).
        session.query<{ taken: boolean }>(
          'SELECT pg_try_advisory_lock($1, $2) OR NOT sync.is_session_lock_held($1, $2) AS taken',
          [SCOPE_LOCK_CLASS, key],
        ),
      );
      isTaken = row?.taken === true;
      return isTaken ? { release: () => this.release(session, key) } : null;
    } finally {
      if (!isTaken) this.held.delete(key);
    }
  }

  /**
   * Reserves a number for a new run, locked before the run is visible: while the lock is held, its process is alive. A
   * number whose lock a reader has taken, as anyone who connects may, is skipped.
   */
  async claimRun(): Promise<{ readonly runId: bigint; readonly lock: HeldLock }> {
    const session = this.connect();
    for (let attempt = 1; attempt <= MAX_RUN_NUMBERS; attempt += 1) {
      const [row] = await guarded(() =>
        session.query<{ id: string; key: number; taken: boolean }>(
          `SELECT id::text, key, pg_try_advisory_lock($1, key) AS taken
             FROM (SELECT id, (id % $2::bigint)::int AS key
                     FROM nextval(pg_get_serial_sequence('sync.runs', 'run_id')) AS id) AS next`,
          [RUN_LOCK_CLASS, String(RUN_LOCK_KEYS)],
        ),
      );
      if (row?.taken !== true) continue;
      const { key } = row;
      return { runId: BigInt(row.id), lock: { release: () => this.unlock(session, RUN_LOCK_CLASS, key) } };
    }
    throw new KpoolError(
      'database.failed',
      'Another session holds the locks by which runs show that they are alive.',
      {
        hint: `Find it in pg_locks (classid ${RUN_LOCK_CLASS}) and pg_stat_activity, and end it.`,
      },
    );
  }

  async readState(
    scope: Scope,
    runId: bigint,
  ): Promise<{ readonly version: bigint; readonly lastEnded: EndedRun | null }> {
    const [row] = await guarded(
      () => this.client.$queryRaw<
        {
          version: bigint;
          outcome: 'succeeded' | 'partial' | null;
          error_message: string | null;
          rows: number;
          rows_quarantined: number;
        }[]
      >`
        SELECT c.version, e.outcome, e.error_message, e.rows, e.rows_quarantined
          FROM (SELECT version FROM sync.cursors WHERE ${isOfScope(scope)}) AS c
          LEFT JOIN LATERAL (
            SELECT r.outcome, r.error_message, r.rows_inserted + r.rows_changed + r.rows_unchanged AS rows,
                   r.rows_quarantined
              FROM sync.runs own, (SELECT * FROM sync.runs WHERE ${isOfScope(scope)}) AS r
             WHERE own.run_id = ${runId}::bigint
               AND r.started_at > own.started_at - interval '1 day' AND r.finished_at > own.started_at
               -- An end in the future was recorded by a clock that has been corrected since.
               AND r.finished_at <= sync.now()
               -- A run without requests reused the result of another one, which may be older.
               AND r.outcome IN ('succeeded', 'partial') AND r.requests > 0
             ORDER BY r.finished_at DESC LIMIT 1
          ) AS e ON true`,
    );
    if (row === undefined) throw new KpoolError('broken-promise', 'A scope under way has no cursor.');
    const { version, outcome, error_message: reason, rows, rows_quarantined: quarantined } = row;
    return { version, lastEnded: outcome === null ? null : { outcome, reason, rows, quarantined } };
  }

  async close(): Promise<void> {
    await this.session?.close();
  }

  private connect(): PostgresSession {
    if (this.session !== null) return this.session;
    const session = openPostgresSession({
      url: this.url,
      applicationName: 'kpool locks',
      answerTimeoutMs: LOCK_ANSWER_TIMEOUT_MS,
      settings: KEEPALIVE_SETTINGS,
    });
    this.session = session;
    void session.ended.then(() => {
      if (this.session === session) this.session = null;
    });
    return session;
  }

  private async release(session: PostgresSession, key: number): Promise<void> {
    await this.unlock(session, SCOPE_LOCK_CLASS, key);
    this.held.delete(key);
  }

  private async unlock(session: PostgresSession, lockClass: number, key: number): Promise<void> {
    // A session that has ended holds nothing.
    await session.query('SELECT pg_advisory_unlock($1, $2)', [lockClass, key]).catch(() => undefined);
  }
}

/** The condition that the process of run `r` is alive. */
export const IS_ALIVE = Prisma.sql`sync.is_session_lock_held(${RUN_LOCK_CLASS}::integer, (r.run_id % ${RUN_LOCK_KEYS}::bigint)::integer)`;

/** Two scopes with the same key would wait for each other: a chance of one in four billion. */
export function lockKeyOf({ stream, accountId, puid, algo }: Scope): number {
  const name = JSON.stringify([stream, puid === null ? accountId : String(puid), algo ?? NO_ALGO]);
  return createHash('sha256').update(name).digest().readInt32BE(0);
}
