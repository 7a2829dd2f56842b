/**
 * What a problem does to the service. `critical`: it does not do its work (not ready). `warning`: it works, and some of
 * the data is missing, doubtful or contradicted. `progress`: it is not finished yet, and nobody has to do anything.
 */
export type Severity = 'critical' | 'warning' | 'progress';

/** Every kind of problem, and what it does to the service. */
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
  'income-differs': 'warning',
  'income-unproven': 'warning',
  'check-failed': 'warning',
  'history-incomplete': 'progress',
  'nothing-synced': 'progress',
} as const satisfies Record<string, Severity>;

export type ProblemKind = keyof typeof SEVERITIES;

export interface Problem {
  /** The same for the same subject in every process and at every time, whatever is wrong with it. */
  readonly subject: string;
  readonly kind: ProblemKind;
  readonly severity: Severity;
  /** The account that it concerns; null: the service as a whole. */
  readonly account: string | null;
  /** What is wrong, in one sentence. */
  readonly what: string;
  /** Why, in a sentence; null when that is not known, or said already. */
  readonly cause: string | null;
  /** The command that mends it, or says more. */
  readonly mend: string;
  readonly alert: ProblemAlert | null;
}

/** How a problem is alerted about. */
export interface ProblemAlert {
  /** Sent once the problem has lasted this long. */
  readonly afterMs: number;
  /** The message when it is over. */
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

/** The problem with its cause and its remedy, for a log or a message. */
export function sentenceOf({ what, cause, mend }: Problem): string {
  return [what, cause, `See: ${mend}`].filter((part) => part !== null && part !== '').join(' ');
}
