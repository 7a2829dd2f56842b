import { isDeepStrictEqual } from 'node:util';
import { guarded } from '../../core/postgres/errors';
import type { AccountId } from '../../domain/ids';
import { inTransaction, type Transaction } from '../client';
import type { Alert as StoredAlert, PrismaClient } from '../generated/client';
import { readInstant } from '../instants';
import { lockAlerts, tryLockByName } from '../transaction-locks';

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

const SENT = { unsentSince: null, unsentReason: null };

/** The alerts that are active or whose end is still to be sent (`sync.alerts`), shared by all processes. */
export class PrismaAlertStore {
  constructor(private readonly client: PrismaClient) {}

  /**
   * Stores the result of `review` for the known alerts of some accounts, in a transaction that one process runs at a
   * time. Null if another process is running it. `nowMs` is the database's clock.
   */
  async review<Review extends { readonly alerts: readonly AlertRow[] }>(
    accountIds: readonly AccountId[],
    review: (known: readonly AlertRow[], nowMs: number) => Promise<Review>,
  ): Promise<Review | null> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        if (!(await tryLockByName(tx, 'alerts'))) return null;
        await lockAlerts(tx, accountIds);
        const known = await readAlerts(tx, accountIds);
        const reviewed = await review(known, (await readInstant(tx)).getTime());
        const kept = reviewed.alerts.map(({ alertId }) => alertId);
        await tx.alert.deleteMany({
          where: { accountId: { in: [...accountIds] }, alertId: { notIn: kept } },
        });
        await writeAlerts(tx, known, reviewed.alerts);
        return reviewed;
      }),
    );
  }

  async markStartSent(alertId: string): Promise<void> {
    await guarded(async () => {
      const sentAt = await readInstant(this.client);
      await this.client.alert.updateMany({
        where: { alertId },
        data: { sentAt, leasedUntil: null, ...SENT },
      });
    });
  }

  /** Deletes the alert or, if it has become active again meanwhile, makes its start due again. */
  async markEndSent(alertId: string): Promise<void> {
    await guarded(async () => {
      const { count } = await this.client.alert.deleteMany({ where: { alertId, endedAt: { not: null } } });
      if (count > 0) return;
      await this.client.alert.updateMany({
        where: { alertId },
        data: { sentAt: null, leasedUntil: null, ...SENT },
      });
    });
  }

  /** Gives up the lease on alerts that were not sent, so that the next round of any process sends them. */
  async release(alertIds: readonly string[]): Promise<void> {
    await guarded(() =>
      this.client.alert.updateMany({
        where: { alertId: { in: [...alertIds] } },
        data: { leasedUntil: null },
      }),
    );
  }

  /** As `release`, and records since when and why the webhook refuses them. */
  async markUnsent(alertIds: readonly string[], reason: string): Promise<void> {
    await guarded(async () => {
      const unsentSince = await readInstant(this.client);
      const where = { alertId: { in: [...alertIds] } };
      await this.client.alert.updateMany({ where: { ...where, unsentSince: null }, data: { unsentSince } });
      await this.client.alert.updateMany({ where, data: { leasedUntil: null, unsentReason: reason } });
    });
  }

  /** Deletes what could not be sent, since there is no longer a webhook. */
  async forgetUnsent(accountIds: readonly AccountId[]): Promise<void> {
    await guarded(() =>
      this.client.alert.updateMany({
        where: { accountId: { in: [...accountIds] }, unsentSince: { not: null } },
        data: SENT,
      }),
    );
  }
}

async function readAlerts(tx: Transaction, accountIds: readonly AccountId[]): Promise<AlertRow[]> {
  const alerts = await tx.alert.findMany({
    where: { accountId: { in: [...accountIds] } },
    include: { account: { select: { accountName: true } } },
  });
  return alerts.map(({ account, ...alert }) => toRow(alert, account.accountName));
}

function toRow(alert: StoredAlert, accountName: string): AlertRow {
  const { alertId, kind, accountId, startText, endText, firstSeenAt, sentAt, endedAt, leasedUntil } = alert;
  return {
    alertId,
    kind,
    accountId,
    accountName,
    startText,
    endText,
    detail: alert.detail as AlertRow['detail'],
    firstSeenAtMs: firstSeenAt.getTime(),
    sentAtMs: sentAt?.getTime() ?? null,
    endedAtMs: endedAt?.getTime() ?? null,
    leasedUntilMs: leasedUntil?.getTime() ?? null,
  };
}

/** Writes only what is new or has changed. */
async function writeAlerts(
  tx: Transaction,
  known: readonly AlertRow[],
  alerts: readonly AlertRow[],
): Promise<void> {
  const knownById = new Map(known.map((alert) => [alert.alertId, alert]));
  for (const alert of alerts) {
    if (isDeepStrictEqual(knownById.get(alert.alertId), alert)) continue;
    const { alertId, kind, accountId, startText, endText, detail, firstSeenAtMs, sentAtMs } = alert;
    const stored = {
      startText,
      endText,
      detail,
      endedAt: dateOrNull(alert.endedAtMs),
      leasedUntil: dateOrNull(alert.leasedUntilMs),
    };
    const firstSeenAt = new Date(firstSeenAtMs);
    const sentAt = dateOrNull(sentAtMs);
    await tx.alert.upsert({
      where: { alertId },
      create: { ...stored, alertId, kind, accountId, firstSeenAt, sentAt },
      update: stored,
    });
  }
}

function dateOrNull(atMs: number | null): Date | null {
  return atMs === null ? null : new Date(atMs);
}
