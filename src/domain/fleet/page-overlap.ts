import { MIN_PAGE_SIZE } from '../page';

/** The smallest page that is asked for, as a share of a full one. */
const LEAST_SHARE = 0.8;

/** One page of a list, cut into pages of `rows`. */
interface PageCut {
  readonly currentPage: number;
  readonly rows: number;
}

/**
 * The page that begins at or shortly before row `from` and reaches furthest beyond it. Pages begin at multiples of
 * their size, so a smaller size makes a page overlap the previous one by a few rows.
 */
export function cutPageAt(from: number, fullRows: number): PageCut {
  const fewestRows = Math.max(MIN_PAGE_SIZE, Math.ceil(fullRows * LEAST_SHARE));
  let best = { currentPage: Math.floor(from / fullRows) + 1, rows: fullRows };
  for (let rows = fullRows - 1; rows >= fewestRows; rows -= 1) {
    const currentPage = Math.floor(from / rows) + 1;
    if (currentPage * rows > best.currentPage * best.rows) best = { currentPage, rows };
  }
  return best;
}
