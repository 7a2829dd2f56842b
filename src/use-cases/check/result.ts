import { KpoolError } from '../../core/errors';

/** One line of `kpool check`. */
export interface CheckResult {
  readonly name: string;
  readonly isWell: boolean;
  readonly text: string;
  /** What to do about it; null: nothing. */
  readonly hint: string | null;
  /** The configuration must change: waiting does not help. */
  readonly isUsage?: true;
  /** Figures for scripts. */
  readonly figures?: Readonly<Record<string, number>>;
}

export function passedCheck(name: string, text: string, hint: string | null = null): CheckResult {
  return { name, isWell: true, text, hint };
}

/** The line for a failed check. Rethrows an error that is not a `KpoolError`. */
export function failedCheck(name: string, error: unknown): CheckResult {
  if (!(error instanceof KpoolError)) throw error;
  const isUsage = error.retry === 'usage' ? ({ isUsage: true } as const) : {};
  return { name, isWell: false, text: error.message, hint: error.hint ?? null, ...isUsage };
}
