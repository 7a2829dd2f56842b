import { KpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import { contains, DAY_MS, startOfUtcDay, type Window } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { isSameRows } from './second-look';
import type { ReadRows } from './window-reader';

/** Newest rows that a trial of the bounds leaves out, so that it ends in the past. */
const NEWEST_ROWS = 10;

/** By how much a row was settled later than it was mined, ms. */
const delayOf = (row: IncomeRow): number => (row.settledAtMs ?? row.minedAtMs) - row.minedAtMs;

/**
 * A span of about half a page that ends just after a row was mined, and a day or more before it was settled: were
 * the bounds to select by another date, it would be served without that row. Null where there is none.
 */
function trialSpan(rows: readonly IncomeRow[], capacity: number): Window | null {
  const newest = [...rows].sort((a, b) => b.minedAtMs - a.minedAtMs);
  const end = newest.findIndex((row, i) => i >= NEWEST_ROWS && delayOf(row) >= DAY_MS);
  const [last, first] = [newest[end], newest[end + Math.floor(capacity / 2)]];
  return last === undefined || first === undefined
    ? null
    : { fromMs: startOfUtcDay(first.minedAtMs), toMs: last.minedAtMs + 1 };
}

/** Whether the server serves of a span just what a walk over everything found there. */
async function honoursBounds(session: LedgerSession, { rows }: ReadRows): Promise<boolean> {
  const span = trialSpan(rows, session.capacity);
  if (span === null) return false;
  const read = await session.reader.readOnce(span);
  const own = rows.filter((row) => contains(span, row.minedAtMs));
  return read.kind === 'complete' && read.unreadable.length === 0 && isSameRows(read.rows, own);
}

/**
 * For a server whose bounds do not select by `miningDate`: the whole history is one window, paged in sweeps. Says so
 * in the cursor, until a span is seen to be served just as it should be.
 */
export async function walkEverything(session: LedgerSession): Promise<void> {
  const whole: Window = { fromMs: session.deps.tiers.historyStartMs, toMs: Infinity };
  if (!session.facts.boundsIgnored) await session.update({ cursor: { boundsIgnored: true } });
  const read = await session.walk(whole);
  if (read.kind !== 'complete' && read.kind !== 'inconsistent') {
    throw new KpoolError('sync.inconsistent', 'The pool contradicts itself about the rows of this scope.');
  }
  await session.commit(whole, read, {
    // Other bounds change nothing: what two walks over all pages do not show is gone.
    lookAgain: async (before) => {
      const again = await session.walk(whole);
      const isSame = again.kind === 'complete' && isSameRows(before.rows, again.rows);
      return { kind: isSame ? 'gone' : 'unclear' };
    },
    readAgain: () => session.walk(whole),
  });
  if (read.kind === 'complete' && (await honoursBounds(session, read)))
    await session.update({ cursor: { boundsIgnored: false } });
}
