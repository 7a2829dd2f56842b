/** A second read, by other bounds, of rows that a complete read of a window did not show. */
import { DAY_MS } from '../../core/day';
import type { MissingRows, WindowCommit } from '../../domain/ledger/ledger-commit';
import { ledgerKeyOf, type LedgerRow } from '../../domain/ledger/ledger-matching';
import { computeExpectedCount, isCountable } from '../../domain/ledger/ledger-state';
import { findDifference, type ReadDifference } from '../../domain/ledger/read-difference';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { chooseSpansAround, fitSpan } from '../../domain/ledger/window-spans';
import { contains, isSameWindow, type Window } from '../../domain/ledger/windows';
import { servedCount } from '../../domain/page';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readAll } from './read-window';

/** Spans that one confirmation may ask for. */
const MAX_SPANS = 4;
/** A younger row that vanished was withdrawn: no list of the pool reaches back less than this. */
const LEAST_UNSERVED_AGE_MS = 7 * DAY_MS;

/** What a confirmation read says about the missing rows. */
export type Confirmation =
  /** They are gone: each is withdrawn or unserved. */
  | { readonly kind: 'gone'; readonly verdicts: WindowCommit['confirmed'] }
  /** The pool counts more rows in all than the windows would hold. */
  | { readonly kind: 'contradicted' }
  /** The list shows no row at all, which proves nothing. */
  | { readonly kind: 'emptied' }
  /** With other bounds, the pool still serves a missing row, or the list is changing. */
  | ReadDifference;

/**
 * Asks for four things, and stops at the first that speaks against it: the days around the missing rows (everything, if
 * the scope is paged); any row at all; the count of everything; rows as old as the missing ones. Rows that are missing
 * again are gone: withdrawn if the pool serves rows as old, otherwise unserved.
 */
export async function confirmMissing(
  session: LedgerSession,
  window: Window,
  read: WindowRead,
  missingRows: MissingRows,
): Promise<Confirmation> {
  const { list, history } = session;
  const { missing } = missingRows;
  // For the others, an answer with other bounds already showed that the pool serves nothing as old.
  const toConfirm = missing.filter(({ minedAtMs }) => minedAtMs >= list.seen.nothingBeforeMs);
  const difference = session.state.paged
    ? findDifference([], read, await pageThrough(list, history), () => true)
    : await readAround(session, window, read, toConfirm);
  if (difference !== null) return difference;
  if (!list.hasShownRows && (await showsNoRow(session))) {
    await session.noteEmpty();
    if (!session.countsAsEmpty) return { kind: 'emptied' };
  }
  if (toConfirm.length > 0 && !isSameWindow(window, history) && isCountable(session.state)) {
    const counted = await list.count(history);
    if ((counted ?? 0) > computeExpectedCount(session.state, window, read, missing.length))
      return { kind: 'contradicted' };
  }
  const verdicts = await judgeMissing(session, missingRows);
  return verdicts === null ? { kind: 'moved' } : { kind: 'gone', verdicts };
}

/** Reads the days around the missing rows; null if they agree with the first read. */
async function readAround(
  { list, spanLimitMs }: LedgerSession,
  window: Window,
  read: WindowRead,
  missing: readonly LedgerRow[],
): Promise<ReadDifference | null> {
  const around = chooseSpansAround(
    missing.map(({ minedAtMs }) => minedAtMs),
    MAX_SPANS,
  );
  for (const span of around.flatMap((wide) => fitSpan(wide, spanLimitMs, list.now()))) {
    const isCompared = ({ minedAtMs }: { readonly minedAtMs: number }): boolean =>
      contains(window, minedAtMs) && contains(span, minedAtMs);
    const difference = findDifference(missing, read, await readAll(list, span), isCompared);
    if (difference !== null) return difference;
  }
  return null;
}

/** Whether every answer of this run is without rows: the one for everything, and those for windows that held some. */
async function showsNoRow({ list, history, state, spanLimitMs }: LedgerSession): Promise<boolean> {
  if (spanLimitMs === Infinity) return (await list.count(history)) === 0;
  for (const held of state.windows.filter(({ rowCount }) => rowCount > 0)) {
    await list.readPage(held);
    if (list.hasShownRows) return false;
  }
  return true;
}

/** Which of the missing rows are older than the oldest row that the pool serves; null if that cannot be established. */
async function judgeMissing(
  session: LedgerSession,
  { missing, oldestServedMs }: MissingRows,
): Promise<WindowCommit['confirmed'] | null> {
  const { list } = session;
  // A list without rows withdraws none, however often it was read, unless someone confirms that it is empty.
  const leastAgeMs = list.hasShownRows || session.acceptsEmpty ? LEAST_UNSERVED_AGE_MS : -Infinity;
  const isBeforeFirst = ({ minedAtMs }: LedgerRow): boolean =>
    minedAtMs < list.seen.oldestMs && list.now() - minedAtMs > leastAgeMs;
  const edgeMs = Math.max(...missing.filter(isBeforeFirst).map(({ minedAtMs }) => minedAtMs)) + 1;
  // The ledger holds rows older than the newest missing one: whether the pool still serves any of them decides.
  const isEdgeUnknown = oldestServedMs < edgeMs && list.seen.nothingBeforeMs < edgeMs;
  if (isEdgeUnknown && !(await readBefore(session, edgeMs, oldestServedMs))) return null;
  return new Map(
    missing.map((row) => [ledgerKeyOf(row), isBeforeFirst(row) ? 'unserved' : 'withdrawn'] as const),
  );
}

/** Asks for rows older than an instant until one is served or none is left; false if neither can be established. */
async function readBefore({ list, history, spanLimitMs }: LedgerSession, edgeMs: number, oldestMs: number) {
  const fromMs = spanLimitMs === Infinity ? history.fromMs : oldestMs;
  for (const span of fitSpan({ fromMs, toMs: edgeMs }, spanLimitMs, list.now())) {
    const page = await list.readPage(span);
    if (list.seen.oldestMs < edgeMs) return true;
    if (page === null || (page.totalNum ?? servedCount(page)) > page.rows.length) return false;
  }
  list.noteNothingBefore(edgeMs);
  return true;
}
