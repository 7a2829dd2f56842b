import { DAY_MS } from '../../core/day';
import type { IncomeRow } from '../income';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE, servedCount, type Page, type Served } from '../page';
import { findProvenPrefix, type ProvenPrefix } from './proven-prefix';
import { cutBySample, cutEdges } from './window-cuts';
import { contains, type Window } from './windows';

/** A read of a window, without rows outside it. */
export interface WindowRead extends Served<IncomeRow> {
  /** Why there may be more; null when these are all. */
  readonly doubt: string | null;
}

/** What one response proves about the window that was asked for. */
export type WindowAnswer =
  /** All of it. */
  | { readonly kind: 'complete'; readonly read: WindowRead }
  /** All of it by the count, but the page may be full: the second page decides. */
  | { readonly kind: 'full'; readonly read: WindowRead }
  /** More than a page, ordered by time: `read` is all of `proven` if the pool counts `restRows` in `rest`. */
  | ({ readonly kind: 'prefix'; readonly read: WindowRead } & ProvenPrefix)
  /** More than a page, unordered: each part has to be read separately. */
  | { readonly kind: 'parts'; readonly parts: readonly Window[] }
  /** No count, a contradiction, or too many rows on one day: the window has to be paged. */
  | { readonly kind: 'unproven' }
  /** Rows far outside of what was asked for: the bounds do not select by mining date. */
  | { readonly kind: 'strayed' };

/** Rows and unreadable rows in the window; an unreadable one is outside only if its own mining date says so. */
export function selectInside(window: Window, { rows, unreadable }: Served<IncomeRow>): Served<IncomeRow> {
  const isBeside = (atMs: number | undefined): boolean =>
    atMs !== undefined && (atMs === window.fromMs - 1 || atMs === window.toMs);
  return {
    rows: rows.filter(({ minedAtMs }) => contains(window, minedAtMs)),
    unreadable: unreadable.filter(({ minedAtMs }) => !isBeside(minedAtMs)),
  };
}

function strays(window: Window, { rows }: Page<IncomeRow>): boolean {
  return rows.some(({ minedAtMs: at }) => at < window.fromMs - DAY_MS - 1 || at > window.toMs + DAY_MS);
}

/** Whether a page with this many rows may have been cut, by the specification or by the answer itself. */
function mayBeFull(page: Page<IncomeRow>, isFirst: boolean): boolean {
  const served = servedCount(page);
  if (served === 0) return false;
  return served >= MAX_PAGE_SIZE || (page.totalPage ?? 1) > 1 || (isFirst && served % MIN_PAGE_SIZE === 0);
}

/**
 * Judges the first page of a window, the only read that is consistent in itself. `isFirst`: no window of the scope is
 * verified yet, so the pool's largest page is unknown, and any round number of rows may be a page that was cut.
 */
export function judgeWindow(window: Window, page: Page<IncomeRow>, isFirst: boolean): WindowAnswer {
  if (strays(window, page)) return { kind: 'strayed' };
  const served = servedCount(page);
  const inside = selectInside(window, page);
  const { totalNum } = page;
  // Without a count, only an answer without rows says that these are all.
  if (totalNum === null) return served === 0 ? complete(inside) : { kind: 'unproven' };
  if (totalNum === served)
    return mayBeFull(page, isFirst) ? { ...complete(inside), kind: 'full' } : complete(inside);
  // The count is wrong, or the page is smaller than the specification allows.
  if (totalNum < served || served < MIN_PAGE_SIZE) return { kind: 'unproven' };
  // Most rows are outside: the pool seems to extend bounds to whole days.
  if (inside.rows.length < served / 2) return inParts(cutEdges(window));
  const instants = inside.rows.map(({ minedAtMs }) => minedAtMs);
  // Rows outside the window are counted, too.
  const counted = totalNum - (served - inside.rows.length - inside.unreadable.length);
  const prefix = findProvenPrefix(window, instants, counted);
  if (prefix !== null && page.unreadable.length === 0) {
    const rows = inside.rows.filter(({ minedAtMs }) => contains(prefix.proven, minedAtMs));
    return { kind: 'prefix', ...prefix, read: { rows, unreadable: [], doubt: null } };
  }
  return inParts(prefix === null ? cutBySample(window, instants, counted) : [prefix.proven, prefix.rest]);
}

function inParts(parts: readonly Window[]): WindowAnswer {
  return parts.length > 1 ? { kind: 'parts', parts } : { kind: 'unproven' };
}

function complete(inside: Served<IncomeRow>): { kind: 'complete'; read: WindowRead } {
  return { kind: 'complete', read: { ...inside, doubt: null } };
}

/** How many rows an answer counts in its window; null if it gives no count. */
export function countOfAnswer(answer: WindowAnswer | { readonly kind: 'refused' }): number | null {
  if (answer.kind === 'complete' || answer.kind === 'full') return servedCount(answer.read);
  return answer.kind === 'prefix' ? answer.restRows + answer.read.rows.length : null;
}
