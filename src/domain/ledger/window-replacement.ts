/** The windows of a scope after new ones replaced those that they overlap. */
import { overlaps, type StoredWindow, type Window } from './windows';

/** A window to record: what a complete read found in it, or that it still has to be read. */
export interface WindowRecord extends Window {
  readonly verified: boolean;
  readonly rowCount: number;
  readonly pendingCount: number;
  readonly quarantinedCount: number;
  readonly inDoubtCount: number;
  readonly contentHash: string | null;
}

/**
 * What remains of `windows` outside `taken`. It has to be read again, since the counts were those of the whole window.
 */
function remaindersOf(windows: readonly Window[], taken: readonly Window[]): WindowRecord[] {
  let rest: Window[] = [...windows];
  for (const { fromMs, toMs } of taken) {
    rest = rest.flatMap((window) => [
      { fromMs: window.fromMs, toMs: Math.min(window.toMs, fromMs) },
      { fromMs: Math.max(window.fromMs, toMs), toMs: window.toMs },
    ]);
    rest = rest.filter((window) => window.fromMs < window.toMs);
  }
  return rest.map(unreadRecordOf);
}

/** A window that is recorded without having been read. */
export function unreadRecordOf({ fromMs, toMs }: Window): WindowRecord {
  const figures = { rowCount: 0, pendingCount: 0, quarantinedCount: 0, inDoubtCount: 0, contentHash: null };
  return { fromMs, toMs, verified: false, ...figures };
}

/** The windows of a scope after `records` replaced every window that they overlap. */
export interface ReplacedWindows {
  /** To be written. */
  readonly records: readonly WindowRecord[];
  /** Windows to delete: no record takes their place in the table. */
  readonly gone: readonly Window[];
  readonly untouched: readonly StoredWindow[];
}

export function replaceWindows(
  stored: readonly StoredWindow[],
  taken: readonly WindowRecord[],
): ReplacedWindows {
  const isTouched = (window: Window): boolean => taken.some((record) => overlaps(window, record));
  const touched = stored.filter(isTouched);
  const records = [...taken, ...remaindersOf(touched, taken)];
  return {
    records,
    gone: touched.filter((window) => !records.some(({ fromMs }) => fromMs === window.fromMs)),
    untouched: stored.filter((window) => !isTouched(window)),
  };
}

/** All windows after a replacement, newest first; those that were just read are verified at `nowMs`. */
export function listWindowsAfter({ records, untouched }: ReplacedWindows, nowMs: number): StoredWindow[] {
  const read = records.map(({ verified, ...window }) => ({
    ...window,
    verifiedAtMs: verified ? nowMs : null,
  }));
  return [...read, ...untouched].sort((a, b) => b.fromMs - a.fromMs);
}
