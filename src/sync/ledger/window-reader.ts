import type { IncomeRow } from '../../domain/income';
import type { Page, UnreadableRow } from '../../domain/page';
import { chooseCut, DAY_MS, horizonMs, targetRows, type Window } from '../../domain/windows';
import type { CallOptions, IncomeQuery, LedgerScope, Pool } from '../ports';
import { readDenseDay } from './dense-day';
import { readSlice, type AskPage, type SliceRead, type SliceRows } from './slice';
import { walkWindow } from './walk';

/** A window read as a whole, over the plain listing and those of hidden currencies. */
export type WindowRead =
  | ({ readonly kind: 'complete' | 'inconsistent'; readonly why: string | null } & SliceRows)
  /** More than a page: to be read as `[cutMs, to)` and `[from, cutMs)`. */
  | {
      readonly kind: 'overflow';
      readonly cutMs: number;
      readonly totalNum: number;
      readonly capacity: number;
      readonly newestInstants: readonly number[];
    }
  | { readonly kind: 'unbounded' };

export interface WindowReaderOptions {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly scope: LedgerScope;
  readonly hiddenCoins: readonly string[];
  readonly callOptions: CallOptions;
}

/** Currency filter: undefined is the plain listing. */
type Coin = string | undefined;

function mergeUnreadable(slices: readonly SliceRows[]): UnreadableRow[] {
  const [plain, ...others] = slices.map((slice) => slice.unreadable);
  const merged = [...(plain ?? [])];
  // The plain listing and a currency's may serve the same broken row: it is one.
  for (const rows of others)
    for (const row of rows) if (!merged.some((known) => known.raw === row.raw)) merged.push(row);
  return merged;
}

/** Reads windows of one scope. Holds no state of its own. */
export class WindowReader {
  constructor(private readonly options: WindowReaderOptions) {}

  ask(coinName: Coin): AskPage {
    const { pool, scope, callOptions } = this.options;
    return (query): Promise<Page<IncomeRow>> => {
      const full: IncomeQuery = {
        puid: scope.puid,
        algo: scope.algo,
        ...query,
        ...(coinName === undefined ? {} : { coinName }),
      };
      return scope.stream === 'earnings'
        ? pool.queryEarnings(full, callOptions)
        : pool.queryRewards(full, callOptions);
    };
  }

  /** Reads a window by single responses; a day that no page can hold is read in parts. */
  async read(window: Window): Promise<WindowRead> {
    return this.readAllCoins(window, async (ask) => {
      const nowMs = this.options.pool.now();
      const read = await readSlice(ask, window, nowMs);
      const isOneDay = Math.min(window.toMs, horizonMs(nowMs)) - window.fromMs <= DAY_MS;
      if (read.kind !== 'overflow' || !isOneDay) return read;
      return readDenseDay(ask, window, nowMs, read.sample.totalNum);
    });
  }

  /** Reads a window page by page until two passes agree: for a server that ignores the bounds. */
  async walk(window: Window): Promise<WindowRead> {
    return this.readAllCoins(window, (ask) => walkWindow(ask, window, this.options.pool.now()));
  }

  private async readAllCoins(
    window: Window,
    readOne: (ask: AskPage) => Promise<SliceRead>,
  ): Promise<WindowRead> {
    const { hiddenCoins, pool } = this.options;
    const slices: SliceRows[] = [];
    let why: string | null = null;
    for (const coin of [undefined, ...hiddenCoins]) {
      const read = await readOne(this.ask(coin));
      if (read.kind === 'unbounded') return read;
      if (read.kind === 'overflow') {
        const target = targetRows(read.capacity);
        const cutMs = chooseCut(window, read.sample, {
          target,
          stepMs: DAY_MS,
          topMs: horizonMs(pool.now()),
        });
        if (cutMs === null) return { kind: 'unbounded' };
        const { totalNum, instants } = read.sample;
        return { kind: 'overflow', cutMs, totalNum, capacity: read.capacity, newestInstants: instants };
      }
      if (read.kind === 'inconsistent') why ??= read.why;
      const isOwn = (row: IncomeRow): boolean =>
        coin === undefined ? !hiddenCoins.includes(row.currency) : row.currency === coin;
      const rows = read.rows.filter(isOwn);
      slices.push({
        rows,
        unreadable: read.unreadable,
        totalNum: read.totalNum - (read.rows.length - rows.length),
      });
    }
    const unreadable = mergeUnreadable(slices);
    const rows = slices.flatMap((slice) => slice.rows);
    const isComplete = why === null;
    // A broken row that two listings share was counted by both.
    const totalNum = isComplete
      ? rows.length + unreadable.length
      : slices.reduce((sum, slice) => sum + slice.totalNum, 0);
    return { kind: isComplete ? 'complete' : 'inconsistent', why, rows, unreadable, totalNum };
  }
}
