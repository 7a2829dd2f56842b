import { hashMultiset } from '../../domain/content-hash';
import type { IncomeRow } from '../../domain/income';
import { contentOf, type LedgerRow } from '../../domain/ledger-matching';
import { narrowSpans } from '../../domain/narrow-spans';
import { contains, horizonMs, type Window } from '../../domain/windows';
import type { LedgerView } from './ledger-view';
import { MIN_PAGE_SIZE } from './slice';
import type { ReadRows } from './window-reader';

/** What a second look at rows that a read did not serve came to. */
export type SecondLook =
  /** It serves what the read served, and no more: they are gone. */
  | { readonly kind: 'gone' }
  /** It serves one that the read should have served: that answer was clipped. */
  | { readonly kind: 'served'; readonly row: IncomeRow }
  /** The server ignores the bounds: only a walk over all pages can tell. */
  | { readonly kind: 'unbounded' }
  /** It is there when everything is paged: bounds do not mean what they say. */
  | { readonly kind: 'blind' }
  /** The two disagree in another way: something moved. */
  | { readonly kind: 'unclear' };

/** Page sizes are multiples of ten: so many rows may be a page that was cut, whatever the count says. */
const ROUND = 10;

/** What rows share that only their ordinal tells apart. */
export const placeOf = (row: IncomeRow): string => JSON.stringify([row.currency, row.type, row.minedAtMs]);

export function countOf(rows: readonly IncomeRow[], place: string): number {
  return rows.filter((row) => placeOf(row) === place).length;
}

/** Whether two lists hold the same rows, as often, in any order. */
export function isSameRows(a: readonly IncomeRow[], b: readonly IncomeRow[]): boolean {
  return hashMultiset(a.map(contentOf)) === hashMultiset(b.map(contentOf));
}

/**
 * Asks once more for rows of the ledger that a complete read of a window did not serve: by other bounds, since the
 * same request would be answered the same by a server that serves a part of a wide span, or an answer twice; and for
 * the window as a whole, so that two complete reads of it agree (P4).
 */
export async function lookAgain(
  session: LedgerView,
  window: Window,
  read: ReadRows,
  missing: readonly LedgerRow[],
): Promise<SecondLook> {
  const instants = missing.map((row) => row.minedAtMs);
  for (const span of narrowSpans(instants, window, horizonMs(session.deps.pool.now()))) {
    const again = await session.read(span, MIN_PAGE_SIZE);
    if (again.kind === 'unbounded') return again;
    const before = read.rows.filter((row) => contains(span, row.minedAtMs));
    const overlooked = missing.find(
      (row) =>
        contains(span, row.minedAtMs) && countOf(again.rows, placeOf(row)) > countOf(before, placeOf(row)),
    );
    if (overlooked !== undefined) return { kind: 'served', row: overlooked };
    const isWhole = again.kind === 'complete' && again.unreadable.length === 0;
    if (!isWhole || !isSameRows(before, again.rows)) return { kind: 'unclear' };
  }
  // A server that drops a row now and then may have dropped it twice: the whole window has to be without it as well.
  const isRound = read.rows.length > 0 && read.rows.length % ROUND === 0;
  const again = await session.read(window, isRound ? MIN_PAGE_SIZE : session.capacity);
  const isStillGone =
    again.kind === 'complete' &&
    missing.every((row) => countOf(again.rows, placeOf(row)) <= countOf(read.rows, placeOf(row)));
  return { kind: isStillGone ? 'gone' : 'unclear' };
}
