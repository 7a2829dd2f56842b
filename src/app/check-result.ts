import { KpoolError } from '../core/errors';

/** One line of `kpool check`. */
export interface CheckResult {
  readonly name: string;
  readonly isWell: boolean;
  readonly text: string;
  /** What to do about it; null when nothing. */
  readonly hint: string | null;
  /** Whether it is the configuration that has to change; the time alone mends nothing then. */
  readonly isUsage?: true;
  /** What a script would want to compare. */
  readonly figures?: Readonly<Record<string, number>>;
}

export function well(name: string, text: string, hint: string | null = null): CheckResult {
  return { name, isWell: true, text, hint };
}

/** Throws on what is no failure that the project knows. */
export function failed(name: string, error: unknown): CheckResult {
  if (!(error instanceof KpoolError)) throw error;
  const isUsage = error.retry === 'usage' ? ({ isUsage: true } as const) : {};
  return { name, isWell: false, text: error.message, hint: error.hint ?? null, ...isUsage };
}
