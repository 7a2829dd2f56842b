import { DAY_MS, type Window } from './windows';

/** Spans that one second look may take. */
const MAX_SPANS = 4;
/** A span that is wider than this share of the window is divided. */
const WIDE_SHARE = 0.25;

/** Steps of time that hold something, ascending; half open as a window from the first to the end of the last. */
type Steps = readonly number[];

/** Where the widest gap between two steps is, the one nearest to the middle among equals. */
function widestGap(steps: Steps): number {
  let best = 1;
  const gapAt = (i: number): number => (steps[i] ?? 0) - (steps[i - 1] ?? 0);
  const distance = (i: number): number => Math.abs(i - steps.length / 2);
  for (let i = 2; i < steps.length; i += 1) {
    if (gapAt(i) > gapAt(best) || (gapAt(i) === gapAt(best) && distance(i) < distance(best))) best = i;
  }
  return best;
}

/**
 * A few narrow spans of a window that hold all `instants` (at least one, all inside it): days, or milliseconds in a
 * window of a day. No span is the window itself unless that is a single instant. `topMs` is where rows end.
 */
export function narrowSpans(instants: readonly number[], window: Window, topMs: number): Window[] {
  const widthMs = Math.min(window.toMs, topMs) - window.fromMs;
  const stepMs = widthMs > DAY_MS ? DAY_MS : 1;
  const stepsOf = new Set(instants.map((at) => Math.floor(at / stepMs) * stepMs));
  let spans: Steps[] = [[...stepsOf].sort((a, b) => a - b)];
  const widthOf = (steps: Steps): number => (steps.at(-1) ?? 0) + stepMs - (steps[0] ?? 0);
  while (spans.length < MAX_SPANS) {
    const widest = [...spans].sort((a, b) => widthOf(b) - widthOf(a))[0] ?? [];
    if (widest.length < 2 || widthOf(widest) <= widthMs * WIDE_SHARE) break;
    const cut = widestGap(widest);
    spans = [...spans.filter((steps) => steps !== widest), widest.slice(0, cut), widest.slice(cut)];
  }
  return spans.map((steps) => ({
    fromMs: Math.max(window.fromMs, steps[0] ?? window.fromMs),
    toMs: Math.min(window.toMs, (steps.at(-1) ?? window.fromMs) + stepMs),
  }));
}
