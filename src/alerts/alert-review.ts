/** A problem found in one round; subjects without a candidate have none. */
export interface AlertCandidate {
  /** Identifies the subject, the same in every process and at any time. */
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  /** Sent once the problem has lasted this long. */
  readonly holdMs: number;
  readonly startText: string;
  readonly endText: string;
  readonly detail: AlertDetail;
}

export type AlertDetail = Readonly<Record<string, string | number | null>>;

/** The stored state of a problem that exists or has ended. */
export interface Alert {
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly startText: string;
  readonly endText: string;
  readonly detail: AlertDetail;
  readonly firstSeenAtMs: number;
  /** When its start was sent; null: not yet. */
  readonly sentAtMs: number | null;
  /** When it was first found resolved; null while it lasts. */
  readonly endedAtMs: number | null;
  /** The end of the lease of the process that is sending it. */
  readonly leasedUntilMs: number | null;
}

export interface AlertReview {
  /** The new state; known alerts not in it are to be deleted. */
  readonly alerts: readonly Alert[];
  /** Alerts whose start or end the caller alone is to send now. */
  readonly due: readonly Alert[];
}

/** Alerts sent per round; the rest are sent in the next. */
export const MAX_MESSAGES_PER_ROUND = 20;

/**
 * Decides what to store and what to send: every start once, every end once, and nothing for a problem that ended before its
 * start was sent. Alerts of `unjudged` subjects neither start nor end now. The caller has `leaseMs` to send what is due;
 * until then no other process sends it. All times are the database's.
 */
export function reviewAlerts(
  known: readonly Alert[],
  candidates: readonly AlertCandidate[],
  unjudged: ReadonlySet<string>,
  nowMs: number,
  leaseMs: number,
): AlertReview {
  const byId = new Map(known.map((alert) => [alert.alertId, alert]));
  const going = candidates.map((candidate) => updateAlert(byId.get(candidate.alertId), candidate, nowMs));
  const goingIds = new Set(going.map(({ alertId }) => alertId));
  const unknown = known.filter(({ alertId }) => unjudged.has(alertId) && !goingIds.has(alertId));
  const isLeased = ({ leasedUntilMs }: Alert): boolean => leasedUntilMs !== null && leasedUntilMs > nowMs;
  const ended = known
    .filter(({ alertId }) => !goingIds.has(alertId) && !unjudged.has(alertId))
    .filter((alert) => alert.sentAtMs !== null || isLeased(alert))
    .map((alert) => ({ ...alert, endedAtMs: alert.endedAtMs ?? nowMs }));

  const holdMs = new Map(candidates.map((candidate) => [candidate.alertId, candidate.holdMs]));
  const isDue = (alert: Alert): boolean => {
    if (isLeased(alert)) return false;
    if (alert.endedAtMs !== null) return true;
    return alert.sentAtMs === null && nowMs - alert.firstSeenAtMs >= (holdMs.get(alert.alertId) ?? Infinity);
  };
  const due = [...going, ...ended]
    .filter(isDue)
    .sort((a, b) => a.firstSeenAtMs - b.firstSeenAtMs || (a.alertId < b.alertId ? -1 : 1))
    .slice(0, MAX_MESSAGES_PER_ROUND)
    .map((alert) => ({ ...alert, leasedUntilMs: nowMs + leaseMs }));
  const leased = new Map(due.map((alert) => [alert.alertId, alert]));
  const alerts = [...going, ...unknown, ...ended].map((alert) => leased.get(alert.alertId) ?? alert);
  return { alerts, due };
}

function updateAlert(known: Alert | undefined, candidate: AlertCandidate, nowMs: number): Alert {
  const { alertId, kind, accountId, accountName, startText, endText, detail } = candidate;
  const said = { alertId, kind, accountId, accountName, startText, endText, detail };
  if (known === undefined)
    return { ...said, firstSeenAtMs: nowMs, sentAtMs: null, endedAtMs: null, leasedUntilMs: null };
  return { ...known, ...said, endedAtMs: null };
}

/** The JSON that is posted: `text` for people and chat programs, the rest for programs. */
export interface AlertMessage {
  readonly text: string;
  readonly event: 'started' | 'ended';
  readonly alert: string;
  readonly kind: string;
  readonly account: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Null while it lasts. */
  readonly until: string | null;
  readonly detail: AlertDetail;
}

/** The message for an alert that is due. `scrub` redacts secrets from untrusted text (P10). */
export function composeMessage(alert: Alert, scrub: (text: string) => string): AlertMessage {
  const hasEnded = alert.endedAtMs !== null;
  const detail = Object.entries(alert.detail).map(([name, value]) => [
    name,
    typeof value === 'string' ? scrub(value) : value,
  ]);
  return {
    text: scrub(`kpool: ${hasEnded ? alert.endText : alert.startText}`),
    event: hasEnded ? 'ended' : 'started',
    alert: alert.alertId,
    kind: alert.kind,
    account: scrub(alert.accountName),
    since: new Date(alert.firstSeenAtMs).toISOString(),
    until: alert.endedAtMs === null ? null : new Date(alert.endedAtMs).toISOString(),
    detail: Object.fromEntries(detail) as AlertDetail,
  };
}
