/** What one round found wrong with one subject; a subject without a candidate is well. */
export interface AlertCandidate {
  /** The same for the same subject in every process and at every time. */
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  /** Sent once it has been wrong for this long. */
  readonly holdMs: number;
  readonly startText: string;
  readonly endText: string;
  readonly detail: AlertDetail;
}

export type AlertDetail = Readonly<Record<string, string | number | null>>;

/** The stored state of a subject that is, or was, wrong. */
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
  /** When it was first found well again; null while it is wrong. */
  readonly endedAtMs: number | null;
  /** Until then one process is sending it. */
  readonly leasedUntilMs: number | null;
}

export interface AlertReview {
  /** The new state; a known alert that is not in it is to be deleted. */
  readonly alerts: readonly Alert[];
  /** Alerts whose start or end the caller, and no other process, is to send now. */
  readonly due: readonly Alert[];
}

/** What does not fit into one round is sent in the next. */
export const MAX_MESSAGES_PER_ROUND = 20;

/**
 * Decides what to store and what to send: every start once, every end once, and nothing for an alert that ended before
 * its start was sent. Alerts of `unjudged` subjects neither start nor end now. `leaseMs` is how long the caller may
 * take to send what is due; until then no other process sends it. All times are the database's.
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

/** What is sent: `text` for people and chat programs, the rest for machines. */
export interface AlertMessage {
  readonly text: string;
  readonly event: 'started' | 'ended';
  readonly alert: string;
  readonly kind: string;
  readonly account: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Null while it goes on. */
  readonly until: string | null;
  readonly detail: AlertDetail;
}

/** The message about an alert that is due. `scrub` takes secrets out of whatever text came from outside (P10). */
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
