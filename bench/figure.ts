/** What a benchmark measured in its rounds, and what it is compared with. */
export interface Figure {
  /** What was measured, with its unit: `first sync, rows/s`. */
  readonly what: string;
  /** One value per round, in the order of the rounds. */
  readonly values: readonly number[];
  /** Measured in the same rounds, by turns. Null: the figure is not compared with another. */
  readonly baseline: { readonly name: string; readonly values: readonly number[] } | null;
  /** A bound for the ratio to the baseline or, without one, for the value. Null: reported, not judged. */
  readonly target: Target | null;
}

export interface Target {
  readonly is: 'at least' | 'at most';
  readonly bound: number;
}

export const atLeast = (bound: number): Target => ({ is: 'at least', bound });
export const atMost = (bound: number): Target => ({ is: 'at most', bound });

/** One `npm run bench -- NAME`. */
export interface Bench {
  readonly name: string;
  /** What it shows, in a sentence. */
  readonly title: string;
  /** How long it takes on two idle cores, min. */
  readonly minutes: number;
  /** `log`: prints progress. */
  readonly run: (log: (line: string) => void) => Promise<readonly Figure[]>;
}

export interface JudgedFigure {
  readonly what: string;
  readonly median: number;
  /** Least and greatest value. */
  readonly spread: readonly [number, number];
  readonly baseline: { readonly name: string; readonly median: number } | null;
  /** Median of the rounds' ratios. */
  readonly ratio: number | null;
  readonly target: Target | null;
  readonly isMet: boolean | null;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (below === undefined || above === undefined) throw new Error('A figure needs a value.');
  return (below + above) / 2;
}

/** Ratios are taken per round, so that a machine that slows down affects both sides. */
export function judgeFigure({ what, values, baseline, target }: Figure): JudgedFigure {
  const ratio =
    baseline === null ? null : median(values.map((value, round) => value / (baseline.values[round] ?? NaN)));
  const judged = ratio ?? median(values);
  return {
    what,
    median: median(values),
    spread: [Math.min(...values), Math.max(...values)],
    baseline: baseline === null ? null : { name: baseline.name, median: median(baseline.values) },
    ratio,
    target,
    isMet:
      target === null ? null : target.is === 'at least' ? judged >= target.bound : judged <= target.bound,
  };
}
