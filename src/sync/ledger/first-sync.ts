import { KpoolError } from '../../core/errors';
import {
  DAY_MS,
  horizonMs,
  nextDensity,
  planOlderWindow,
  startOfUtcDay,
  type StoredWindow,
  type Window,
} from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { MIN_PAGE_SIZE } from './slice';
import { capOf, MAX_WINDOWS, walkEverything } from './sync-window';
import type { ReadRows } from './window-reader';

/** The day of the oldest row of a read, or where its window begins when it has none. */
function oldestDayOf(read: ReadRows, window: Window): number {
  const oldestMs = read.rows.reduce((least, row) => Math.min(least, row.minedAtMs), Infinity);
  return oldestMs === Infinity ? window.fromMs : Math.max(window.fromMs, startOfUtcDay(oldestMs));
}

/** First answer of a scope: the whole history, when it fits one page, else its size and its newest rows. */
export async function openHistory(session: LedgerSession): Promise<void> {
  const whole: Window = { fromMs: session.deps.tiers.historyStartMs, toMs: Infinity };
  // Nothing is known of the server yet: that this answer is all there is, an empty second page has to say.
  const read = await session.read(whole, MIN_PAGE_SIZE);
  if (read.kind === 'unbounded') {
    await walkEverything(session);
    return;
  }
  if (read.kind === 'overflow') {
    await session.update({
      pieces: [{ fromMs: read.cutMs, toMs: Infinity, verified: false }],
      cursor: {
        ...(read.totalNum === null ? {} : { expectedRows: read.totalNum }),
        ...capOf(session, read),
      },
    });
    return;
  }
  // A server that serves at most some days of what was asked would look complete: the older part is asked for
  // by itself before the history counts as whole.
  const newest: Window = { fromMs: oldestDayOf(read, whole), toMs: Infinity };
  await session.commit(newest, read, {
    readAgain: () => session.read(newest),
    cursor: { expectedRows: read.rows.length + read.unreadable.length },
  });
}

/** Goes back window by window until the windows reach the start of history, each committed as it is read. */
export async function completeHistory(session: LedgerSession): Promise<void> {
  const { historyStartMs } = session.deps.tiers;
  let density: number | null = null;
  for (let count = 0; count < MAX_WINDOWS; count += 1) {
    const oldest = session.windows.at(-1);
    if (oldest === undefined || oldest.fromMs <= historyStartMs) return;
    const nowMs = session.deps.pool.now();
    density =
      density === null
        ? initialDensity(session.windows, horizonMs(nowMs))
        : nextDensity(density, oldest, oldest.rowCount, horizonMs(nowMs));
    const planned = planOlderWindow({
      coveredFromMs: oldest.fromMs,
      historyStartMs,
      remainingRows: remainingRows(session),
      rowsPerDay: density,
      capacity: session.capacity,
    });
    await syncOlderWindow(session, session.reader.spanLimit.fit(planned, nowMs));
  }
  throw new KpoolError('sync.limit', 'The history did not come to an end.');
}

/** Rows that are older than what was read, by the count of the first answer; Infinity when there was none. */
function remainingRows(session: LedgerSession): number {
  const { expectedRows } = session.facts;
  return expectedRows === null ? Infinity : expectedRows - landedRows(session);
}

function landedRows(session: LedgerSession): number {
  return session.windows.reduce((sum, window) => sum + window.rowCount + window.quarantinedCount, 0);
}

function initialDensity(windows: readonly StoredWindow[], topMs: number): number {
  const rows = windows.reduce((sum, window) => sum + window.rowCount, 0);
  const from = windows.at(-1)?.fromMs ?? topMs;
  return rows / Math.max(1, (topMs - from) / DAY_MS);
}

/** As `syncWindow`, but of a window that overflows only the newer part is kept: the rest is planned anew. */
async function syncOlderWindow(session: LedgerSession, planned: Window): Promise<void> {
  let window = planned;
  for (let reads = 0; reads < MAX_WINDOWS; reads += 1) {
    const read = await session.read(window);
    if (read.kind === 'unbounded') {
      await walkEverything(session);
      return;
    }
    const isRest = window.fromMs === session.deps.tiers.historyStartMs;
    if (read.kind === 'overflow') {
      const recount =
        isRest && read.totalNum !== null ? { expectedRows: landedRows(session) + read.totalNum } : {};
      await session.update({ cursor: { ...capOf(session, read), ...recount } });
      window = { fromMs: read.cutMs, toMs: window.toMs };
      continue;
    }
    // More than the first answer counted: it did not speak of the whole history, and this one may not either.
    const isMore = read.rows.length + read.unreadable.length > remainingRows(session);
    const proven: Window = isRest && isMore ? { ...window, fromMs: oldestDayOf(read, window) } : window;
    await session.commit(proven, read, { readAgain: () => session.read(proven) });
    return;
  }
  throw new KpoolError('sync.limit', 'A window was split without end.');
}
