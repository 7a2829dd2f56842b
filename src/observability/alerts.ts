/** What one look at the database found wrong with one subject; a subject of which nothing is found is well. */
export interface AlertFinding {
  /** The same for the same subject in every process and at every time. */
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  /** It is told once it has been wrong for this long. */
  readonly holdMs: number;
  readonly startText: string;
  readonly endText: string;
  readonly detail: AlertDetail;
}

export type AlertDetail = Readonly<Record<string, string | number | null>>;

/** What is remembered of a subject that is, or was, wrong. */
export interface Alert {
  readonly alertId: string;
  readonly kind: string;
  readonly accountId: number;
  readonly accountName: string;
  readonly startText: string;
  readonly endText: string;
  readonly detail: AlertDetail;
  readonly firstSeenAtMs: number;
  /** When its start was told; null: not yet. */
  readonly toldAtMs: number | null;
  /** When it was first found well again; null while it is wrong. */
  readonly endedAtMs: number | null;
  /** Until then some process is telling it. */
  readonly claimedUntilMs: number | null;
}

export interface AlertReview {
  /** Everything to be remembered: what was given and is not here is to be forgotten. */
  readonly alerts: readonly Alert[];
  /** Those among them whose start or end is to be told now, by the caller alone. */
  readonly due: readonly Alert[];
}

/** What is not told in one round is told in the next. */
export const MAX_MESSAGES_PER_ROUND = 20;

/**
 * What is to be remembered and told after a look at the database: every start once, every end once, and an alert that
 * ended before anybody was told of it not at all. The alerts of `unjudged` subjects neither start nor end now. `claimMs` is how long the caller may take to tell what is due: until
 * then no other process tells it. All times are of the database's clock.
 */
export function reviewAlerts(
  known: readonly Alert[],
  findings: readonly AlertFinding[],
  unjudged: ReadonlySet<string>,
  nowMs: number,
  claimMs: number,
): AlertReview {
  const byId = new Map(known.map((alert) => [alert.alertId, alert]));
  const going = findings.map((finding) => goOn(byId.get(finding.alertId), finding, nowMs));
  const goingIds = new Set(going.map(({ alertId }) => alertId));
  const unknown = known.filter(({ alertId }) => unjudged.has(alertId) && !goingIds.has(alertId));
  const isClaimed = ({ claimedUntilMs }: Alert): boolean => claimedUntilMs !== null && claimedUntilMs > nowMs;
  const ended = known
    .filter(({ alertId }) => !goingIds.has(alertId) && !unjudged.has(alertId))
    .filter((alert) => alert.toldAtMs !== null || isClaimed(alert))
    .map((alert) => ({ ...alert, endedAtMs: alert.endedAtMs ?? nowMs }));

  const holdMs = new Map(findings.map((finding) => [finding.alertId, finding.holdMs]));
  const isToBeTold = (alert: Alert): boolean => {
    if (isClaimed(alert)) return false;
    if (alert.endedAtMs !== null) return true;
    return alert.toldAtMs === null && nowMs - alert.firstSeenAtMs >= (holdMs.get(alert.alertId) ?? Infinity);
  };
  const due = [...going, ...ended]
    .filter(isToBeTold)
    .sort((a, b) => a.firstSeenAtMs - b.firstSeenAtMs || (a.alertId < b.alertId ? -1 : 1))
    .slice(0, MAX_MESSAGES_PER_ROUND)
    .map((alert) => ({ ...alert, claimedUntilMs: nowMs + claimMs }));
  const claimed = new Map(due.map((alert) => [alert.alertId, alert]));
  const alerts = [...going, ...unknown, ...ended].map((alert) => claimed.get(alert.alertId) ?? alert);
  return { alerts, due };
}

function goOn(known: Alert | undefined, finding: AlertFinding, nowMs: number): Alert {
  const { alertId, kind, accountId, accountName, startText, endText, detail } = finding;
  const said = { alertId, kind, accountId, accountName, startText, endText, detail };
  if (known === undefined)
    return { ...said, firstSeenAtMs: nowMs, toldAtMs: null, endedAtMs: null, claimedUntilMs: null };
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
export function messageOf(alert: Alert, scrub: (text: string) => string): AlertMessage {
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
