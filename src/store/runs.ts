import { KpoolError } from '../core/errors';
import { guarded } from '../core/postgres/errors';
import type { PrismaClient } from './generated/client';
import { inTransaction } from './client';
import { ensureCursor } from './ledger/cursor';
import { NO_ALGO, type ScopeKey } from './scope-key';

interface RunResult {
  readonly outcome: 'succeeded' | 'partial' | 'failed' | 'aborted';
  readonly totals: {
    readonly requests: number;
    readonly rowsRead: number;
    readonly inserted: number;
    readonly changed: number;
    readonly unchanged: number;
    readonly withdrawn: number;
    readonly quarantined: number;
  };
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly isTakenOver: boolean;
  readonly isUnlisted: boolean;
}

/** The record of every sync of a scope (`sync.runs`). */
export class PrismaRunStore {
  constructor(private readonly client: PrismaClient) {}

  async start(scope: ScopeKey, trigger: string): Promise<bigint> {
    return guarded(async () => {
      await ensureCursor(this.client, scope);
      const [run] = await this.client.$queryRaw<{ run_id: bigint }[]>`
        INSERT INTO sync.runs (stream, account_id, puid, algo, trigger)
        VALUES (${scope.stream}, ${scope.accountId}::smallint, ${scope.puid}::bigint, ${scope.algo ?? NO_ALGO}, ${trigger})
        RETURNING run_id`;
      if (run === undefined) throw new KpoolError('broken-promise', 'A run was not recorded.');
      return run.run_id;
    });
  }

  /** Closes a run and notes on its scope when it was last looked at, unless another run did that. */
  async finish(runId: bigint, result: RunResult): Promise<void> {
    const { outcome, totals, errorCode, errorMessage, isTakenOver, isUnlisted } = result;
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
             SET last_cycle_at = CASE WHEN r.outcome IN ('succeeded', 'partial') AND NOT ${isTakenOver}
                                      THEN r.started_at ELSE c.last_cycle_at END,
                 last_success_at = CASE WHEN r.outcome = 'succeeded' AND NOT ${isUnlisted} THEN r.finished_at ELSE c.last_success_at END,
                 consecutive_failures = CASE r.outcome WHEN 'failed' THEN c.consecutive_failures + 1
                                                       WHEN 'aborted' THEN c.consecutive_failures ELSE 0 END
            FROM sync.runs AS r
           WHERE r.run_id = ${runId}::bigint
             AND c.stream = r.stream AND c.algo = r.algo
             AND (c.puid = r.puid OR r.puid IS NULL AND c.account_id = r.account_id)`;
      }),
    );
  }

  /** Runs left open by processes that died: at most as many as there are scopes. Recorded as `aborted`. */
  async closeAbandoned(olderThanMs: number): Promise<number> {
    return guarded(
      () => this.client.$executeRaw`
        UPDATE sync.runs SET finished_at = sync.now(), outcome = 'aborted', error_code = 'aborted',
                             error_message = 'The process that ran it ended without a word.'
         WHERE outcome IS NULL AND started_at < sync.now() - ${olderThanMs}::float8 * interval '1 millisecond'`,
    );
  }
}
