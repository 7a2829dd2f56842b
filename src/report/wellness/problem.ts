/**
 * How serious a problem is. `critical`: the service is not working (not ready). `warning`: it works, but some data are
 * missing, doubtful or contradicted. `progress`: a sync is not finished; nothing needs to be done.
 */
export type Severity = 'critical' | 'warning' | 'progress';

/** Every kind of problem and its severity. */
const SEVERITIES = {
  'database-unreachable': 'critical',
  'queue-unreachable': 'critical',
  'account-stopped': 'critical',
  'stream-late': 'critical',
  'sub-accounts-left-out': 'warning',
  'stream-failing': 'warning',
  'stream-partial': 'warning',
  'stream-unfinished': 'warning',
  'rows-quarantined': 'warning',
  'days-in-doubt': 'warning',
  'list-emptied': 'warning',
  'income-differs': 'warning',
  'income-unproven': 'warning',
  'alert-webhook-failing': 'warning',
  'check-failed': 'warning',
  'history-incomplete': 'progress',
  'nothing-synced': 'progress',
} as const satisfies Record<string, Severity>;

export type ProblemKind = keyof typeof SEVERITIES;

export const PROBLEM_KINDS = Object.keys(SEVERITIES) as ProblemKind[];

export interface Problem {
  /** Identifies the subject, the same in every process and at any time. */
  readonly subject: string;
  readonly kind: ProblemKind;
  readonly severity: Severity;
  /** The affected account; null: the service as a whole. */
  readonly account: string | null;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** The cause, in one sentence; null if unknown or already said. */
  readonly cause: string | null;
  /** The command that fixes it or shows more. */
  readonly fix: string;
  readonly alert: ProblemAlert | null;
}

/** A problem as programs see it: without what only alerts need. */
export type PublicProblem = Omit<Problem, 'subject' | 'alert'>;

export function toPublicProblem({ kind, severity, account, what, cause, fix }: Problem): PublicProblem {
  return { kind, severity, account, what, cause, fix };
}

/** When and how an alert is sent. */
export interface ProblemAlert {
  /** Sent once the problem has lasted this long. */
  readonly afterMs: number;
  /** The message when the problem ends. */
  readonly endText: string;
  /** For programs. */
  readonly detail: Readonly<Record<string, string | number | null>>;
}

export interface RuleResult {
  readonly problems: readonly Problem[];
  /** Subjects that cannot be judged now. */
  readonly unjudged?: readonly string[];
}

export function problem(
  fields: Omit<Problem, 'severity' | 'alert'> & { readonly alert?: ProblemAlert | null },
): Problem {
  return { ...fields, alert: fields.alert ?? null, severity: SEVERITIES[fields.kind] };
}

/** The problem, its cause and its fix, for a log or an alert. */
export function sentenceOf({ what, cause, fix }: Problem): string {
  return [what, cause, `See: ${fix}`].filter((part) => part !== null && part !== '').join(' ');
}
