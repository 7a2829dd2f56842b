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
  readonly sentAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly leasedUntilMs: number | null;
}

/** The alerts that are wrong now or have an end to send (`sync.alerts`), shared by all processes. */
export class PrismaAlertStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Stores what `review` makes of the known alerts of some accounts, in one transaction that one process runs at a
   * time. Null when another process is in it. `nowMs` is the database's clock.
   */
  async review<Review extends { readonly alerts: readonly AlertRow[] }>(
    accountIds: readonly AccountId[],
    review: (known: readonly AlertRow[], nowMs: number) => Promise<Review>,
  ): Promise<Review | null> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        const [lock] = await tx.$queryRaw<{ held: boolean; nowMs: number }[]>`
          SELECT sync.try_lock('alerts') AS held,
                 extract(epoch FROM sync.now())::float8 * 1000 AS "nowMs"`;
        if (lock?.held !== true) return null;
        const known = await readAlerts(tx, accountIds);
        const reviewed = await review(known, lock.nowMs);
        const kept = new Set(reviewed.alerts.map(({ alertId }) => alertId));
        const dropped = known.map(({ alertId }) => alertId).filter((alertId) => !kept.has(alertId));
        if (dropped.length > 0)
          await tx.$executeRaw`DELETE FROM sync.alerts WHERE alert_id = ANY (${dropped}::text[])`;
        await writeAlerts(tx, reviewed.alerts);
        return reviewed;
      }),
    );
  }

  async markStartSent(alertId: string): Promise<void> {
    await guarded(
      () => this.client.$executeRaw`
        UPDATE sync.alerts SET sent_at = sync.now(), leased_until = NULL WHERE alert_id = ${alertId}`,
    );
  }

  /** Deletes the alert or, when its subject is wrong again by now, makes its start due again. */
  async markEndSent(alertId: string): Promise<void> {
    await guarded(
      () => this.client.$executeRaw`
        WITH gone AS (
          DELETE FROM sync.alerts WHERE alert_id = ${alertId} AND ended_at IS NOT NULL
        )
        UPDATE sync.alerts SET sent_at = NULL, leased_until = NULL WHERE alert_id = ${alertId} AND ended_at IS NULL`,
    );
  }

  /** Gives up the lease on alerts that were not sent: the next round, of any process, sends them. */
  async release(alertIds: readonly string[]): Promise<void> {
    await guarded(
      () =>
        this.client
          .$executeRaw`UPDATE sync.alerts SET leased_until = NULL WHERE alert_id = ANY (${[...alertIds]}::text[])`,
    );
  }
}

async function readAlerts(db: Queryable, accountIds: readonly AccountId[]): Promise<AlertRow[]> {
  return db.$queryRaw<AlertRow[]>`
    SELECT alert_id AS "alertId", kind, account_id::int AS "accountId", account_name AS "accountName",
           start_text AS "startText", end_text AS "endText", detail,
           extract(epoch FROM l.first_seen_at)::float8 * 1000 AS "firstSeenAtMs",
           extract(epoch FROM sent_at)::float8 * 1000 AS "sentAtMs",
           extract(epoch FROM ended_at)::float8 * 1000 AS "endedAtMs",
           extract(epoch FROM leased_until)::float8 * 1000 AS "leasedUntilMs"
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
             to_timestamp(first_seen_ms / 1000) AS first_seen_at, to_timestamp(sent_ms / 1000) AS sent_at,
             to_timestamp(ended_ms / 1000) AS ended_at, to_timestamp(leased_ms / 1000) AS leased_until
        FROM unnest(${alerts.map((a) => a.alertId)}::text[], ${alerts.map((a) => a.kind)}::text[],
                    ${alerts.map((a) => a.accountId)}::smallint[], ${alerts.map((a) => a.startText)}::text[],
                    ${alerts.map((a) => a.endText)}::text[], ${alerts.map((a) => JSON.stringify(a.detail))}::jsonb[],
                    ${alerts.map((a) => a.firstSeenAtMs)}::float8[], ${alerts.map((a) => a.sentAtMs)}::float8[],
                    ${alerts.map((a) => a.endedAtMs)}::float8[], ${alerts.map((a) => a.leasedUntilMs)}::float8[])
             AS u(alert_id, kind, account_id, start_text, end_text, detail, first_seen_ms, sent_ms, ended_ms, leased_ms)
    )
    INSERT INTO sync.alerts AS l (alert_id, kind, account_id, start_text, end_text, detail, first_seen_at, sent_at,
                                  ended_at, leased_until)
    SELECT * FROM said
        ON CONFLICT (alert_id) DO UPDATE
           SET start_text = excluded.start_text, end_text = excluded.end_text, detail = excluded.detail,
               ended_at = excluded.ended_at, leased_until = excluded.leased_until
         WHERE (l.start_text, l.end_text, l.detail, l.ended_at, l.leased_until)
               IS DISTINCT FROM
               (excluded.start_text, excluded.end_text, excluded.detail, excluded.ended_at, excluded.leased_until)`;
}
