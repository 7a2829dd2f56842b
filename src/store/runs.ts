// Raw SQL: instants are compared to the microsecond, and a function of the database says whether a run's process lives.
import { guarded } from '../core/postgres/errors';
import type { AccountId, Puid } from '../domain/ids';
import type { HeldLock, RunRecord } from '../domain/run-record';
import type { Scope } from '../domain/scope';
import type { Stream } from '../domain/streams';
import { inTransaction } from './client';
import type { PrismaClient } from './generated/client';
import { ensureCursor } from './cursors';
import { NO_ALGO } from './scope-key';
import { IS_ALIVE, type PostgresRunLocks } from './run-locks';

/** The record of every sync of a scope (`sync.runs`). */
export class PrismaRunStore {
  /** By run: the lock that shows that its process is alive. */
  private readonly aliveLocks = new Map<bigint, HeldLock>();

  constructor(
    private readonly client: PrismaClient,
    private readonly locks: Pick<PostgresRunLocks, 'claimRun'>,
  ) {}

  async start(scope: Scope, trigger: string): Promise<bigint> {
    const { runId, lock } = await this.locks.claimRun();
    this.aliveLocks.set(runId, lock);
    await guarded(async () => {
      await ensureCursor(this.client, scope);
      const { stream, accountId, puid, algo } = scope;
      await this.client.run.create({
        data: { runId, stream, accountId, puid, algo: algo ?? NO_ALGO, trigger },
      });
    }).catch(async (error: unknown) => {
      await this.releaseLock(runId);
      throw error;
    });
    return runId;
  }

  /**
   * Closes a run and records its outcome on the cursor of its scope:
   *
   * | outcome   | last_cycle_at: read the scope | last_success_at: nothing left open | failures in a row |
   * | --------- | ----------------------------- | ---------------------------------- | ----------------- |
   * | succeeded | its start                     | its end                            | 0                 |
   * | partial   | its start                     | as before                          | 0                 |
   * | skipped   | its start                     | as before (last_skip_at: its end)  | 0                 |
   * | failed    | as before                     | as before                          | one more          |
   * | aborted   | as before                     | as before                          | as before         |
   *
   * If another run did the work (`isReused`), that one's record moves last_cycle_at. A scope that the pool no longer lists
   * (`isUnlisted`) has no last_success_at, since nothing was confirmed.
   */
  async finish(runId: bigint, record: RunRecord): Promise<void> {
    const { outcome, totals, errorCode, errorMessage, isReused, isUnlisted } = record;
    try {
      await guarded(() =>
        inTransaction(this.client, async (tx) => {
          await tx.$executeRaw`
            UPDATE sync.runs
               SET finished_at = sync.now(), outcome = ${outcome}, requests = ${totals.requests}::integer,
                   rows_read = ${totals.rowsRead}::integer, rows_inserted = ${totals.inserted}::integer,
                   rows_changed = ${totals.changed}::integer, rows_unchanged = ${totals.unchanged}::integer,
                   rows_withdrawn = ${totals.withdrawn}::integer, rows_quarantined = ${totals.quarantined}::integer,
                   error_code = ${errorCode}, error_message = ${errorMessage}
             WHERE run_id = ${runId}::bigint`;
          await tx.$executeRaw`
            UPDATE sync.cursors AS c
               SET last_cycle_at = CASE WHEN r.outcome IN ('succeeded', 'skipped', 'partial') AND NOT ${isReused}
                                        THEN r.started_at ELSE c.last_cycle_at END,
                   last_success_at = CASE WHEN r.outcome = 'succeeded' AND NOT ${isUnlisted} THEN r.finished_at ELSE c.last_success_at END,
                   last_skip_at = CASE WHEN r.outcome = 'skipped' THEN r.finished_at ELSE c.last_skip_at END,
                   consecutive_failures = CASE r.outcome WHEN 'failed' THEN c.consecutive_failures + 1
                                                         WHEN 'aborted' THEN c.consecutive_failures ELSE 0 END
              FROM sync.runs AS r
             WHERE r.run_id = ${runId}::bigint
               AND c.stream = r.stream AND c.algo = r.algo
               AND (c.puid = r.puid OR r.puid IS NULL AND c.account_id = r.account_id)`;
        }),
      );
    } finally {
      await this.releaseLock(runId);
    }
  }

  /** Scopes with a run in flight, in any process. */
  async findScopesInFlight(): Promise<readonly Scope[]> {
    const rows = await guarded(
      () => this.client.$queryRaw<
        { stream: Stream; account_id: number; puid: bigint | null; algo: string }[]
      >`
        SELECT DISTINCT stream, account_id, puid, algo FROM sync.runs r WHERE outcome IS NULL AND ${IS_ALIVE}`,
    );
    return rows.map(({ stream, account_id: accountId, puid, algo }) => ({
      stream,
      accountId: accountId as AccountId,
      puid: puid as Puid | null,
      algo: algo === NO_ALGO ? null : algo,
    }));
  }

  /** Marks the runs whose process has ended as `aborted`; returns how many. */
  async closeAbandoned(): Promise<number> {
    return guarded(
      () => this.client.$executeRaw`
        UPDATE sync.runs AS r SET finished_at = sync.now(), outcome = 'aborted', error_code = 'aborted',
                                  error_message = 'The process that ran it ended unexpectedly.'
         WHERE outcome IS NULL AND NOT ${IS_ALIVE}`,
    );
  }

  private async releaseLock(runId: bigint): Promise<void> {
    await this.aliveLocks.get(runId)?.release();
    this.aliveLocks.delete(runId);
  }
}
