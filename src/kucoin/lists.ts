import { z } from 'zod';
import type { Listing, Page } from '../domain/page';
import type { EndpointName } from './endpoint';
import { malformed } from './failure';
import { optionalCountField } from './fields';
import { describeIssues, kindOf, readItems } from './items';
import type { Unreadable } from './items';
import type { JsonValue } from './json';
import { isJsonArray, isJsonObject } from './json';

/** Reads one item of a list. */
export type RowReader<Row> = (item: JsonValue) => Row | Unreadable;

/** What a page was asked for. */
export interface PageQuery {
  /** 1 is the first. */
  readonly currentPage: number;
  /** 10 to 100 by the specification. */
  readonly pageSize: number;
}

const pageSchema = z.object({
  currentPage: optionalCountField,
  pageSize: optionalCountField,
  totalNum: optionalCountField,
});

/** `data` that is a list. Throws `pool.malformed` when it is none. */
export function readListing<Row>(
  endpoint: EndpointName,
  data: JsonValue | undefined,
  readRow: RowReader<Row>,
  answeredAtMs: number,
): Listing<Row> {
  if (data === undefined || !isJsonArray(data))
    throw malformed(endpoint, `data is ${kindOf(data)}, not a list`);
  return { ...readItems(data, readRow), answeredAtMs };
}

/** `data` that is a page. Source: the specification's "Pagination Requests". Throws `pool.malformed`. */
export function readPage<Row>(
  endpoint: EndpointName,
  data: JsonValue | undefined,
  readRow: RowReader<Row>,
  asked: PageQuery,
  answeredAtMs: number,
): Page<Row> {
  if (!isJsonObject(data)) throw malformed(endpoint, `data is ${kindOf(data)}, not a page`);
  const parsed = pageSchema.safeParse(data);
  if (!parsed.success) throw malformed(endpoint, describeIssues(parsed.error.issues));
  const { currentPage, pageSize, totalNum } = parsed.data;
  // Without the total nothing could certify that the rows are all there are (P2).
  if (totalNum === null) throw malformed(endpoint, 'totalNum is missing');
  if (currentPage !== null && currentPage !== asked.currentPage)
    throw malformed(endpoint, `it is page ${currentPage}, asked was page ${asked.currentPage}`);
  const items = findItems(data['items'], totalNum);
  if (items === null)
    throw malformed(endpoint, `items is ${kindOf(data['items'])}, with totalNum ${totalNum}`);
  return {
    ...readItems(items, readRow),
    answeredAtMs,
    currentPage: asked.currentPage,
    pageSize: pageSize === null || pageSize === 0 ? asked.pageSize : pageSize,
    totalNum,
  };
}

function findItems(items: JsonValue | undefined, totalNum: number): readonly JsonValue[] | null {
  if (items === undefined || items === null) return totalNum === 0 ? [] : null;
  return isJsonArray(items) ? items : null;
}
