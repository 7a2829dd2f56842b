import { z } from 'zod';
import type { PoolEndpoint } from '../core/pool-endpoint';
import type { Listing, Page } from '../domain/page';
import type { PagedQuery } from '../domain/pool';
import { malformed } from './failure';
import { optionalCountField } from './fields';
import { describeIssues, describeKind, readItems } from './items';
import type { Unreadable } from './items';
import type { JsonValue } from './json';
import { isJsonArray, isJsonObject } from './json';

/** Reads one item of a list. */
export type RowReader<Row> = (item: JsonValue) => Row | Unreadable;

const pageSchema = z.object({
  currentPage: optionalCountField,
  pageSize: optionalCountField,
  totalNum: optionalCountField,
  // Only a hint: a server that writes it differently is still understood.
  totalPage: optionalCountField.catch(null),
});

/** `data` that is a list; no data is an empty one. Throws `pool.malformed` for anything else. */
export function readListing<Row>(
  endpoint: PoolEndpoint,
  data: JsonValue | undefined,
  readRow: RowReader<Row>,
  answeredAtMs: number,
): Listing<Row> {
  const items = data ?? [];
  if (!isJsonArray(items)) throw malformed(endpoint, `data is ${describeKind(data)}, not a list`);
  return { ...readItems(items, readRow), answeredAtMs };
}

/**
 * `data` that is a page. Source: the specification's "Pagination Requests". No data (absent, null, `{}`, `[]`, `""`) is
 * a page without rows, and so is an answer that says it is an earlier page than the one asked for, as a page beyond the
 * end may be. Callers that read all pages compare the count (P2). Throws `pool.malformed`.
 */
export function readPage<Row>(
  endpoint: PoolEndpoint,
  data: JsonValue | undefined,
  readRow: RowReader<Row>,
  asked: PagedQuery,
  answeredAtMs: number,
): Page<Row> {
  if (isNothing(data)) return noRows(asked, null, answeredAtMs);
  if (!isJsonObject(data)) throw malformed(endpoint, `data is ${describeKind(data)}, not a page`);
  const parsed = pageSchema.safeParse(data);
  if (!parsed.success) throw malformed(endpoint, describeIssues(parsed.error.issues));
  const { currentPage, pageSize, totalNum, totalPage } = parsed.data;
  if (currentPage !== null && currentPage > asked.currentPage)
    throw malformed(endpoint, `it is page ${currentPage}, asked was page ${asked.currentPage}`);
  const items = findItems(data['items'], totalNum, asked);
  if (items === null)
    throw malformed(
      endpoint,
      `items is ${describeKind(data['items'])}, with totalNum ${totalNum ?? 'missing'}`,
    );
  // Nothing is before the first page: a server that says 0 counts its pages from 0.
  const isEarlier = currentPage !== null && currentPage > 0 && currentPage < asked.currentPage;
  if (isEarlier) return noRows(asked, totalNum, answeredAtMs);
  return {
    ...readItems(items, readRow),
    answeredAtMs,
    currentPage: asked.currentPage,
    pageSize: pageSize === null || pageSize === 0 ? asked.pageSize : pageSize,
    totalNum,
    totalPage,
  };
}

function isNothing(data: JsonValue | undefined): boolean {
  if (data === undefined || data === null || data === '') return true;
  return isJsonArray(data) ? data.length === 0 : isJsonObject(data) && Object.keys(data).length === 0;
}

function noRows<Row>(asked: PagedQuery, totalNum: number | null, answeredAtMs: number): Page<Row> {
  const { currentPage, pageSize } = asked;
  return { rows: [], unreadable: [], answeredAtMs, currentPage, pageSize, totalNum, totalPage: null };
}

/** Null unless it is a list. Nothing is an empty one where the pool counts none, or beyond the first page: it may be the end. */
function findItems(
  items: JsonValue | undefined,
  totalNum: number | null,
  { currentPage }: PagedQuery,
): readonly JsonValue[] | null {
  if (items === undefined || items === null)
    return totalNum === 0 || (totalNum !== null && currentPage > 1) ? [] : null;
  return isJsonArray(items) ? items : null;
}
