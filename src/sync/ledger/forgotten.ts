import type { LedgerRow } from '../../domain/ledger-matching';
import { contains, DAY_MS, type Window } from '../../domain/windows';
import type { LedgerView } from './ledger-view';
import type { ReadRows } from './window-reader';

/** Fewer rows, or rows of fewer days, that vanish at the old end of a scope are withdrawn like any other. */
const LEAST_FORGOTTEN = { rows: 5, days: 2 };
/**
 * A pool forgets by age: all that it forgets is so old, or reaches back so far. What is younger was taken back, maybe
 * to be booked elsewhere, and would count twice if it were kept.
 */
const LEAST_AGE = { ofNewestMs: 6 * DAY_MS, ofOldestMs: 35 * DAY_MS };

/** Whether the pool serves no row of a span. */
async function isEmpty(session: LedgerView, span: Window): Promise<boolean> {
  let next: Window | undefined = span;
  while (next !== undefined) {
    const [newest, ...older]: [Window, ...Window[]] = session.fit(next);
    const read = await session.read(newest);
    if (read.kind !== 'complete' || read.rows.length + read.unreadable.length > 0) return false;
    next = older[0];
  }
  return true;
}

/**
 * From when on the pool serves a scope, when rows that are gone from a window turn out to be forgotten rather than
 * withdrawn: they are the oldest of all that was served, and enough of them (or the pool is known to forget). What
 * it was before, when they are not.
 */
export async function edgeOfForgotten(
  session: LedgerView,
  window: Window,
  read: ReadRows,
  missing: readonly LedgerRow[],
): Promise<number | null> {
  const { servedFromMs } = session.facts;
  const { store } = session.deps;
  const newestMissingMs = missing.reduce((newest, row) => Math.max(newest, row.minedAtMs), -Infinity);
  const served = read.rows.map((row) => row.minedAtMs).filter((at) => at >= (servedFromMs ?? -Infinity));
  const edgeMs = Math.min(newestMissingMs + 1, ...served);
  if (!missing.some((row) => row.minedAtMs < edgeMs)) return servedFromMs;
  const fromMs = servedFromMs ?? session.deps.tiers.historyStartMs;
  const gone = await store.summarizeRows(session.scope, { fromMs, toMs: edgeMs });
  const isEnough = gone.rows >= LEAST_FORGOTTEN.rows && gone.days >= LEAST_FORGOTTEN.days;
  const nowMs = session.deps.pool.now();
  const isOld =
    newestMissingMs <= nowMs - LEAST_AGE.ofNewestMs ||
    (gone.oldestMs ?? nowMs) <= nowMs - LEAST_AGE.ofOldestMs;
  if (!isOld || (servedFromMs === null && !isEnough)) return servedFromMs;
  if (gone.oldestMs !== null && gone.oldestMs < window.fromMs) {
    // Windows that this run has not reached yet hold older rows: are those still served?
    if (!(await isEmpty(session, { fromMs: gone.oldestMs, toMs: window.fromMs }))) return servedFromMs;
  }
  if (servedFromMs === null) {
    const since = new Date(edgeMs).toISOString();
    session.run.fallShort(
      `the pool no longer serves the ${gone.rows} rows mined before ${since}: they are kept as they were last served`,
    );
  }
  return edgeMs;
}

/** From when on the pool serves a scope, when a window shows again all that it had forgotten there. */
export async function edgeOfRestored(
  session: LedgerView,
  window: Window,
  read: ReadRows,
): Promise<number | null> {
  const { servedFromMs } = session.facts;
  if (servedFromMs === null || !contains({ fromMs: window.fromMs + 1, toMs: window.toMs + 1 }, servedFromMs))
    return servedFromMs;
  const span: Window = { fromMs: window.fromMs, toMs: servedFromMs };
  const served = read.rows.filter((row) => contains(span, row.minedAtMs)).length;
  if (read.kind !== 'complete' || served === 0) return servedFromMs;
  const { rows } = await session.deps.store.summarizeRows(session.scope, span);
  return served >= rows ? window.fromMs : servedFromMs;
}
