import type { AccountId } from '../../domain/ids';
import { inTransaction, type Queryable } from '../client';
import { guarded } from '../../core/postgres/errors';
import type { PrismaClient } from '../generated/client';

interface AlertRow {
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly startText: string;
  readonly endText: string;
  readonly detail: Readonly<Record<string, string | number | null>>;
  readonly firstSeenAtMs: number;
  readonly toldAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly claimedUntilMs: number | null;
}

/** What was alerted of (`sync.alerts`), shared by all processes. */
export class PrismaAlertStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Lets `review` say what is to be remembered of some accounts, and remembers it, in one transaction that one process
   * at a time is in. Null when another process is: then that one does the work. `nowMs` is the database's clock.
   */
  async review<Review extends { readonly alerts: readonly AlertRow[] }>(
    accountIds: readonly AccountId[],
    review: (known: readonly AlertRow[], nowMs: number) => Promise<Review>,
  ): Promise<Review | null> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        const [turn] = await tx.$queryRaw<{ held: boolean; nowMs: number }[]>`
          SELECT sync.try_lock('alerts') AS held,
                 extract(epoch FROM sync.now())::float8 * 1000 AS "nowMs"`;
        if (turn?.held !== true) return null;
        const known = await readAlerts(tx, accountIds);
        const reviewed = await review(known, turn.nowMs);
        const kept = new Set(reviewed.alerts.map(({ alertId }) => alertId));
        const forgotten = known.map(({ alertId }) => alertId).filter((alertId) => !kept.has(alertId));
        if (forgotten.length > 0)
          await tx.$executeRaw`DELETE FROM sync.alerts WHERE alert_id = ANY (${forgotten}::text[])`;
        await writeAlerts(tx, reviewed.alerts);
        return reviewed;
      }),
    );
  }

  /** The start of an alert was told. */
  async startTold(alertId: string): Promise<void> {
    await guarded(
      () => this.client.$executeRaw`
        UPDATE sync.alerts SET told_at = sync.now(), claimed_until = NULL WHERE alert_id = ${alertId}`,
    );
  }

  /** The end of an alert was told: it is forgotten, or, when it is wrong again by now, its start is to be told again. */
  async endTold(alertId: string): Promise<void> {
    await guarded(
      () => this.client.$executeRaw`
        WITH gone AS (
          DELETE FROM sync.alerts WHERE alert_id = ${alertId} AND ended_at IS NOT NULL
        )
        UPDATE sync.alerts SET told_at = NULL, claimed_until = NULL WHERE alert_id = ${alertId} AND ended_at IS NULL`,
    );
  }

  /** These were not told: whoever looks next tells them. */
  async release(alertIds: readonly string[]): Promise<void> {
    await guarded(
      () =>
        this.client
          .$executeRaw`UPDATE sync.alerts SET claimed_until = NULL WHERE alert_id = ANY (${[...alertIds]}::text[])`,
    );
  }
}

async function readAlerts(db: Queryable, accountIds: readonly AccountId[]): Promise<AlertRow[]> {
  return db.$queryRaw<AlertRow[]>`
    SELECT alert_id AS "alertId", kind, account_id::int AS "accountId", account_name AS "accountName",
           start_text AS "startText", end_text AS "endText", detail,
           extract(epoch FROM l.first_seen_at)::float8 * 1000 AS "firstSeenAtMs",
           extract(epoch FROM told_at)::float8 * 1000 AS "toldAtMs",
           extract(epoch FROM ended_at)::float8 * 1000 AS "endedAtMs",
           extract(epoch FROM claimed_until)::float8 * 1000 AS "claimedUntilMs"
      FROM sync.alerts l JOIN pool.accounts USING (account_id)
     WHERE account_id = ANY (${[...accountIds]}::smallint[])
       FOR UPDATE OF l`;
}

/** Writes only what is new or different. */
async function writeAlerts(db: Queryable, alerts: readonly AlertRow[]): Promise<void> {
  if (alerts.length === 0) return;
  await db.$executeRaw`
    WITH said AS (
      SELECT alert_id, kind, account_id, start_text, end_text, detail,
             to_timestamp(first_seen_ms / 1000) AS first_seen_at, to_timestamp(told_ms / 1000) AS told_at,
             to_timestamp(ended_ms / 1000) AS ended_at, to_timestamp(claimed_ms / 1000) AS claimed_until
        FROM unnest(${alerts.map((a) => a.alertId)}::text[], ${alerts.map((a) => a.kind)}::text[],
                    ${alerts.map((a) => a.accountId)}::smallint[], ${alerts.map((a) => a.startText)}::text[],
                    ${alerts.map((a) => a.endText)}::text[], ${alerts.map((a) => JSON.stringify(a.detail))}::jsonb[],
                    ${alerts.map((a) => a.firstSeenAtMs)}::float8[], ${alerts.map((a) => a.toldAtMs)}::float8[],
                    ${alerts.map((a) => a.endedAtMs)}::float8[], ${alerts.map((a) => a.claimedUntilMs)}::float8[])
             AS u(alert_id, kind, account_id, start_text, end_text, detail, first_seen_ms, told_ms, ended_ms, claimed_ms)
    )
    INSERT INTO sync.alerts AS l (alert_id, kind, account_id, start_text, end_text, detail, first_seen_at, told_at,
                                  ended_at, claimed_until)
    SELECT * FROM said
        ON CONFLICT (alert_id) DO UPDATE
           SET start_text = excluded.start_text, end_text = excluded.end_text, detail = excluded.detail,
               ended_at = excluded.ended_at, claimed_until = excluded.claimed_until
         WHERE (l.start_text, l.end_text, l.detail, l.ended_at, l.claimed_until)
               IS DISTINCT FROM
               (excluded.start_text, excluded.end_text, excluded.detail, excluded.ended_at, excluded.claimed_until)`;
}
