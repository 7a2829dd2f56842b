import type { IncomeRow } from '../../domain/income';
import type { UnreadableRow } from '../../domain/page';
import { chooseCut, requestBounds, targetRows, type Window } from '../../domain/windows';
import { MAX_PAGE_SIZE, readSlice, type PageSource, type SliceRead } from './slice';
import { walkWindow } from './walk';

const MAX_LEAVES = 200;
/** Attempts to read a day in parts before it is paged as a whole. */
const MAX_ATTEMPTS = 2;

interface Leaves {
  readonly rows: IncomeRow[];
  readonly unreadable: UnreadableRow[];
  /** False when the server does not honour bounds within a day, or an answer contradicts itself. */
  isSound: boolean;
  count: number;
}

interface DayWatch {
  readonly source: PageSource;
  /** Rows that the outermost parts were served beyond either end of the day: its count includes them. */
  edgeRows(): number;
  /** True once a part was served rows that it had not asked for. */
  strayed(): boolean;
}

function watchDay(source: PageSource, day: Window): DayWatch {
  let [below, above, hasStrayed] = [0, 0, false];
  const ask: PageSource['ask'] = async (query) => {
    const page = await source.ask(query);
    const isFirstPage = query.currentPage === 1;
    const countOf = (isBeyond: (atMs: number) => boolean): number =>
      page.rows.filter((row) => isBeyond(row.minedAtMs)).length;
    if (query.startMs < day.fromMs) below = (isFirstPage ? 0 : below) + countOf((at) => at < day.fromMs);
    if (query.endMs >= day.toMs) above = (isFirstPage ? 0 : above) + countOf((at) => at >= day.toMs);
    if (countOf((at) => at < query.startMs || at > query.endMs) > 0) hasStrayed = true;
    return page;
  };
  return { source: { ...source, ask }, edgeRows: () => below + above, strayed: () => hasStrayed };
}

async function readLeaves(
  source: PageSource,
  window: Window,
  poolNowMs: number,
  leaves: Leaves,
): Promise<void> {
  leaves.count += 1;
  const read = leaves.count > MAX_LEAVES ? null : await readSlice(source, window, poolNowMs);
  if (read === null || read.kind === 'unbounded' || read.kind === 'inconsistent') {
    leaves.isSound = false;
    return;
  }
  if (read.kind === 'complete') {
    leaves.rows.push(...read.rows);
    leaves.unreadable.push(...read.unreadable);
    return;
  }
  const { endMs } = requestBounds(window, poolNowMs);
  const cut = chooseCut(window, read.sample, { target: targetRows(read.capacity), stepMs: 1, topMs: endMs });
  if (cut === null) {
    const walked = await walkWindow(source, window, poolNowMs);
    if (walked.kind !== 'complete') leaves.isSound = false;
    else {
      leaves.rows.push(...walked.rows);
      leaves.unreadable.push(...walked.unreadable);
    }
    return;
  }
  await readLeaves(source, { fromMs: cut, toMs: window.toMs }, poolNowMs, leaves);
  if (leaves.isSound) await readLeaves(source, { fromMs: window.fromMs, toMs: cut }, poolNowMs, leaves);
}

/**
 * Reads a day that holds more rows than a page: in parts, each a single response, down to an instant, which is
 * paged. A server that cuts its bounds to days would leave such parts empty: the parts must add up to the count
 * of the day, or the day is paged as a whole until two passes agree.
 */
export async function readDenseDay(
  source: PageSource,
  day: Window,
  poolNowMs: number,
  dayTotalNum: number,
): Promise<SliceRead> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS && dayTotalNum > MAX_PAGE_SIZE / 2; attempt += 1) {
    const watch = watchDay(source, day);
    const leaves: Leaves = { rows: [], unreadable: [], isSound: true, count: 0 };
    const toMs = Math.min(day.toMs, requestBounds(day, poolNowMs).endMs);
    await readLeaves(watch.source, { fromMs: day.fromMs, toMs }, poolNowMs, leaves);
    const found = leaves.rows.length + leaves.unreadable.length;
    if (watch.strayed()) break;
    if (leaves.isSound && found + watch.edgeRows() === dayTotalNum) {
      return { kind: 'complete', rows: leaves.rows, unreadable: leaves.unreadable, totalNum: found };
    }
  }
  return walkWindow(source, day, poolNowMs);
}
