/** Which spans to ask for: windows cut to a limit, spans around single rows, probes and trials. */
import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { IncomeRow } from '../income';
import { horizonMsOf, type Window } from './windows';

/** With a limit of fewer days there is no room for cuts at midnight. */
const LEAST_DAYS_MS = 2 * DAY_MS;
/** A request reaches one millisecond beyond its window on either side. */
const MARGINS_MS = 2;

/**
 * A window in parts no longer than what the pool answers in full, newest first. The newest part gets room to grow with
 * time.
 */
export function fitSpan(window: Window, limitMs: number, nowMs: number): Window[] {
  const parts: Window[] = [];
  let { toMs } = window;
  for (;;) {
    const topMs = Math.min(toMs, horizonMsOf(nowMs));
    if (topMs - window.fromMs <= limitMs) return [...parts, { fromMs: window.fromMs, toMs }];
    const isGrowing = toMs === Infinity && limitMs >= 2 * LEAST_DAYS_MS;
    const cut = topMs - (isGrowing ? limitMs / 2 : limitMs) + MARGINS_MS;
    const fromMs = limitMs < LEAST_DAYS_MS ? cut : startOfUtcDay(cut - 1) + DAY_MS;
    parts.push({ fromMs, toMs });
    toMs = fromMs;
  }
}

/** The limit after a span was refused: half of it. */
export function halfOf(spanMs: number): number {
  return spanMs >= LEAST_DAYS_MS ? startOfUtcDay(spanMs / 2) : Math.floor(spanMs / 2);
}

/** At most `most` spans around all `instants`, oldest first: three days around each, or more if there are many. */
export function chooseSpansAround(instants: readonly number[], most: number): Window[] {
  let spans: Window[] = [];
  for (const at of [...instants].sort((a, b) => a - b)) {
    const span = { fromMs: startOfUtcDay(at) - DAY_MS, toMs: startOfUtcDay(at) + 2 * DAY_MS };
    const last = spans.at(-1);
    if (last !== undefined && span.fromMs <= last.toMs)
      spans = [...spans.slice(0, -1), { fromMs: last.fromMs, toMs: span.toMs }];
    else spans.push(span);
  }
  while (spans.length > most) {
    const gaps = spans.slice(1).map(({ fromMs }, i) => fromMs - (spans[i]?.toMs ?? fromMs));
    const narrowest = gaps.indexOf(Math.min(...gaps));
    const [left, right] = [spans[narrowest], spans[narrowest + 1]];
    if (left === undefined || right === undefined) break;
    spans.splice(narrowest, 2, { fromMs: left.fromMs, toMs: right.toMs });
  }
  return spans;
}

/**
 * The spans that are probed in a scope that shows no row, in days from today: a pool that answers only the end or the
 * beginning of a long span would hide all rows. The first span is probed at first, then another one each week.
 */
const PROBES = [
  { from: -65, to: -35 },
  { from: -6, to: 2 },
  { from: -400, to: -35 },
] as const;

/** What to probe in a window that shows no row; null if it begins later. `isFirst`: the window has never been read. */
export function chooseProbeOfEmpty(window: Window, nowMs: number, isFirst: boolean): Window | null {
  const today = startOfUtcDay(nowMs);
  const week = isFirst ? 0 : Math.floor(today / DAY_MS / 7);
  const { from, to } = PROBES[week % PROBES.length] ?? PROBES[0];
  const probe = { fromMs: Math.max(window.fromMs, today + from * DAY_MS), toMs: today + to * DAY_MS };
  return probe.fromMs < probe.toMs ? probe : null;
}

/** A trial of windows leaves out the `newest` rows, so that it ends in the past, and holds `rows` of them. */
const TRIAL = { newest: 10, rows: 45 };

/**
 * The window to test whether bounds select by mining date: it begins and ends with a row and, if possible, the last one
 * was settled a day after it was mined. Null if there are too few rows.
 */
export function chooseTrial(rows: readonly IncomeRow[]): Window | null {
  const newestFirst = [...rows].sort((a, b) => b.minedAtMs - a.minedAtMs);
  const isLate = ({ settledAtMs, minedAtMs }: IncomeRow): boolean =>
    (settledAtMs ?? minedAtMs) - minedAtMs >= DAY_MS;
  const late = newestFirst.findIndex((row, i) => i >= TRIAL.newest && isLate(row));
  const at = late < 0 ? TRIAL.newest : late;
  const [last, first] = [newestFirst[at], newestFirst[Math.min(at + TRIAL.rows, newestFirst.length - 1)]];
  if (last === undefined || first === undefined || first.minedAtMs >= last.minedAtMs) return null;
  return { fromMs: first.minedAtMs, toMs: last.minedAtMs + 1 };
}
