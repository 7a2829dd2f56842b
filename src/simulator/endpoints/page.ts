import { formatJsonList, formatJsonNumber, formatJsonObject } from '../http/json-text';
import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { Parameters } from '../http/parameters';
import type { Quirks } from '../quirks';

const SMALLEST_PAGE = 10;
const LARGEST_PAGE = 100;

export interface PageRequest {
  readonly currentPage: number;
  readonly pageSize: number;
}

/** A list in the order in which it is served, of which one page is made. */
export interface Sequence<Item> {
  readonly length: number;
  slice(from: number, to: number): readonly Item[];
}

/** A sorted array, served from its other end. */
export function backwards<Item>(items: readonly Item[], from = 0, to = items.length): Sequence<Item> {
  return {
    length: to - from,
    slice: (start, end) => items.slice(Math.max(from, to - end), Math.max(from, to - start)).reverse(),
  };
}

export function forwards<Item>(items: readonly Item[], from = 0, to = items.length): Sequence<Item> {
  return { length: to - from, slice: (start, end) => items.slice(from + start, Math.min(to, from + end)) };
}

/** Both are required by the specification, although it names defaults. */
export function readPageRequest(parameters: Parameters): PageRequest {
  return {
    currentPage: parameters.getInteger('currentPage', 1, Number.MAX_SAFE_INTEGER),
    pageSize: parameters.getInteger('pageSize', SMALLEST_PAGE, LARGEST_PAGE),
  };
}

/** The page served in place of one beyond the end, and the number that it claims to have. */
function findPage(
  currentPage: number,
  pages: number,
  { beyondEnd }: Quirks,
): { readonly served: number; readonly said: number } {
  if (currentPage <= Math.max(1, pages)) return { served: currentPage, said: currentPage };
  switch (beyondEnd) {
    case 'empty':
      return { served: currentPage, said: currentPage };
    case 'last':
      return { served: pages, said: pages };
    case 'first':
      return { served: 1, said: 1 };
    case 'last-in-disguise':
      return { served: pages, said: currentPage };
    case 'refused':
      throw new Refusal(SYSTEM_CODES.parameter, `there is no page ${currentPage}`);
  }
}

const NO_ROWS_JSON = { null: 'null', object: '{}', list: '[]', absent: '' } as const;

/** The `data` of a paged answer, with the quirks that affect pages; empty if it is left out. */
export function formatPage<Item>(
  sequence: Sequence<Item>,
  { currentPage, pageSize }: PageRequest,
  quirks: Quirks,
  textOf: (item: Item) => string,
): string {
  const served = Math.min(pageSize, quirks.pageSizeCap ?? pageSize);
  const place = findPage(currentPage, Math.ceil(sequence.length / served), quirks);
  const index = currentPage === quirks.repeatedPage && currentPage > 1 ? currentPage - 2 : place.served - 1;
  const items = currentPage === quirks.emptyPage ? [] : sequence.slice(index * served, (index + 1) * served);
  if (items.length === 0 && quirks.noRows !== 'page') return NO_ROWS_JSON[quirks.noRows];
  const counted =
    typeof quirks.totalNum === 'number' ? Math.max(0, sequence.length + quirks.totalNum) : sequence.length;
  const sizeSaid = {
    size: quirks.pageSizeAdmitted ? served : pageSize,
    ten: SMALLEST_PAGE,
    rows: items.length,
  }[quirks.pageSizeSays];
  const pages = Math.ceil(counted / served);
  const field = (value: number, odd: boolean) => formatJsonNumber(String(value), quirks.pageFields, odd);
  const totals = {
    null: { totalNum: 'null', totalPage: 'null' },
    absent: { totalNum: undefined, totalPage: undefined },
    'of-page': { totalNum: field(items.length, true), totalPage: field(pages, false) },
    true: { totalNum: field(counted, true), totalPage: field(pages, false) },
  }[typeof quirks.totalNum === 'number' ? 'true' : quirks.totalNum];
  return formatJsonObject([
    ['currentPage', field(place.said, false)],
    ['items', formatJsonList(items.map(textOf))],
    ['pageSize', field(sizeSaid, true)],
    ['totalNum', totals.totalNum],
    ['totalPage', totals.totalPage],
  ]);
}
