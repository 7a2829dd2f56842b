// Raw SQL: what there is to sync is one report over five tables, read for every account and stream at each plan.
import { guarded } from '../core/postgres/errors';
import type { AccountId, Puid } from '../domain/ids';
import type { Scope } from '../domain/scope';
import type { ScopeCandidate, ScopeCandidates } from '../domain/planning/scope-schedule';
import type { Stream } from '../domain/streams';
import { Prisma, type PrismaClient } from './generated/client';
import { epochMs, readNow } from './instants';
import { NO_ALGO } from './scope-key';

interface CandidateRow {
  puid: bigint | null;
  algo: string;
  is_default: boolean;
  is_gone: boolean;
  has_pending: boolean;
  last_cycle_ms: bigint | null;
  last_life_ms: bigint | null;
  consecutive_failures: number;
  last_failed_ms: bigint | null;
  last_failure_code: string | null;
}

function toCandidate(row: CandidateRow): ScopeCandidate {
  return {
    puid: row.puid as Puid | null,
    algo: row.algo === NO_ALGO ? null : row.algo,
    isDefaultAlgo: row.is_default,
    isGone: row.is_gone,
    hasPendingRows: row.has_pending,
    lastCycleAtMs: row.last_cycle_ms === null ? null : Number(row.last_cycle_ms),
    lastLifeAtMs: row.last_life_ms === null ? null : Number(row.last_life_ms),
    consecutiveFailures: row.consecutive_failures,
    lastFailedAtMs: row.last_failed_ms === null ? null : Number(row.last_failed_ms),
    lastFailureCode: row.last_failure_code,
  };
}

/**
 * How many of the latest runs of cursor `c` failed in a row, and the last of them, by run number, since the clock may
 * have been set back meanwhile. Failures with credentials that the account no longer has do not count.
 */
function failuresOf(accountId: AccountId, isOfCursor: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
  LEFT JOIN LATERAL (
    SELECT least(c.consecutive_failures, count(*)::integer) AS consecutive_failures,
           ${epochMs(Prisma.sql`(array_agg(r.started_at ORDER BY r.run_id DESC))[1]`)} AS last_failed_ms,
           (array_agg(r.error_code ORDER BY r.run_id DESC))[1] AS last_failure_code
      FROM sync.runs r
     WHERE r.stream = c.stream AND ${isOfCursor} AND r.outcome = 'failed'
       AND EXISTS (SELECT FROM pool.accounts a WHERE a.account_id = ${accountId}::smallint
                      AND (r.started_at >= a.key_since OR a.key_since > sync.now()))
  ) AS f ON c.consecutive_failures > 0`;
}

/** What there is to sync: sub-accounts × algorithms, and how each is doing. */
export class PrismaScopeStore {
  constructor(private readonly client: PrismaClient) {}

  /** Scopes of a stream that has one per sub-account and algorithm. */
  async findMiningScopes(accountId: AccountId, stream: Stream): Promise<ScopeCandidates> {
    const rows = await guarded(
      () => this.client.$queryRaw<CandidateRow[]>`
        WITH pairs AS (
          SELECT s.puid, g.algo, s.removed_at IS NOT NULL OR g.removed_at IS NOT NULL AS is_gone
            FROM pool.sub_accounts s JOIN pool.algorithms g USING (account_id)
           WHERE s.account_id = ${accountId}::smallint
           UNION ALL
          SELECT s.puid, s.default_algo, s.removed_at IS NOT NULL
            FROM pool.sub_accounts s
           WHERE s.account_id = ${accountId}::smallint AND s.default_algo <> ''
             AND NOT EXISTS (SELECT FROM pool.algorithms g WHERE (g.account_id, g.algo) = (s.account_id, s.default_algo))
        ), life AS (
          SELECT puid, algo, max(last_life_at) AS last_life_at
            FROM sync.cursors GROUP BY puid, algo
        )
        SELECT p.puid, p.algo, s.default_algo IS NOT DISTINCT FROM p.algo AS is_default, p.is_gone,
               EXISTS (SELECT FROM sync.windows w
                        WHERE (w.stream, w.puid, w.algo) = (${stream}, p.puid, p.algo)
                          AND w.pending_count > 0) AS has_pending,
               ${epochMs(Prisma.sql`c.last_cycle_at`)} AS last_cycle_ms,
               ${epochMs(Prisma.sql`l.last_life_at`)} AS last_life_ms,
               coalesce(f.consecutive_failures, 0) AS consecutive_failures, f.last_failed_ms, f.last_failure_code
          FROM pairs p
          JOIN pool.sub_accounts s ON s.puid = p.puid
          LEFT JOIN life l ON (l.puid, l.algo) = (p.puid, p.algo)
          LEFT JOIN sync.cursors c
            ON (c.stream, c.puid, c.algo) = (${stream}, p.puid, p.algo)
          ${failuresOf(accountId, Prisma.sql`r.puid = c.puid AND r.algo = c.algo`)}
         ORDER BY is_default DESC, l.last_life_at DESC NULLS LAST, p.puid, p.algo`,
    );
    return { scopes: rows.map(toCandidate), nowMs: await readNow(this.client) };
  }

  /** The scope of a stream that has one per account. */
  async findAccountScope(accountId: AccountId, stream: Stream): Promise<ScopeCandidates> {
    const rows = await guarded(
      () => this.client.$queryRaw<CandidateRow[]>`
        SELECT NULL::bigint AS puid, ${NO_ALGO} AS algo, true AS is_default, false AS is_gone,
               false AS has_pending,
               -- A scope that had nothing to ask for counts as new once the ledger holds a row.
               CASE WHEN c.last_skip_at >= c.last_cycle_at AND EXISTS (
                           SELECT FROM pool.sub_accounts s
                            WHERE s.account_id = ${accountId}::smallint
                              AND (EXISTS (SELECT FROM pool.earnings e WHERE e.puid = s.puid)
                                   OR EXISTS (SELECT FROM pool.rewards e WHERE e.puid = s.puid)))
                    THEN NULL ELSE ${epochMs(Prisma.sql`c.last_cycle_at`)} END AS last_cycle_ms,
               NULL::bigint AS last_life_ms, coalesce(f.consecutive_failures, 0) AS consecutive_failures,
               f.last_failed_ms, f.last_failure_code
          FROM (SELECT 1) AS one
          LEFT JOIN sync.cursors c
            ON (c.stream, c.account_id) = (${stream}, ${accountId}::smallint)
          ${failuresOf(accountId, Prisma.sql`r.account_id = c.account_id AND r.puid IS NULL`)}`,
    );
    return { scopes: rows.map(toCandidate), nowMs: await readNow(this.client) };
  }

  /** Whether the scope's sub-account or algorithm is missing from the account's lists. */
  async isGone({ accountId, puid, algo }: Scope): Promise<boolean> {
    const isRemoved = { not: null };
    return guarded(async () => {
      const gone =
        (puid === null
          ? null
          : await this.client.subAccount.findFirst({ where: { puid, removedAt: isRemoved } })) ??
        (algo === null
          ? null
          : await this.client.algorithm.findFirst({ where: { accountId, algo, removedAt: isRemoved } }));
      return gone !== null;
    });
  }
}
