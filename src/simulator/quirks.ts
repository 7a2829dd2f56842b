/** How a value that may be a JSON number or a JSON string is written. `mixed`: it differs from row to row. */
export type NumberForm = 'number' | 'string' | 'mixed';

/**
 * What the API's specification leaves open or contradicts itself about. Any field can be changed at any time, with effect
 * from the next request. The defaults are the plainest reading.
 */
export interface Quirks {
  /** Amounts of income: the specification's tables say string, its examples show numbers. */
  amounts: NumberForm;
  /** `plain` 0.00000012, `exponent` 1.2E-7, `padded` 0.000000120000000000. */
  amountDigits: 'plain' | 'exponent' | 'padded';
  hashRates: NumberForm;
  /** The unit of served rates; the world stores H/s. Rows with their own unit keep it. */
  hashUnit: 'H' | 'KH' | 'MH' | 'GH' | 'TH' | 'PH';
  /** puid and workerId. */
  ids: NumberForm;
  /** miningDate, settleTime, lastShareTime. */
  times: NumberForm;
  /** `as-in-examples`: a string for workers, a number for earnings. */
  rejectRates: NumberForm | 'as-in-examples';
  /** totalNum, totalPage, pageSize, currentPage. */
  pageFields: NumberForm;
  /** The `code` of success, as a JSON token. */
  successCode: '"200"' | '200' | '"200000"' | '200000';
  /** The `retry` of success; `as-in-examples`: true for reward/query. */
  retry: boolean | 'as-in-examples';
  /** Failures as HTTP 200 with `success: false`, or with an HTTP status of their own and the same body. */
  errorStyle: 'http200' | 'http';
  /** Too many requests: HTTP 403 with code 200002, HTTP 403 with an empty body, or HTTP 200 with code 200002. */
  throttleStyle: 'http403' | 'http403-bare' | 'http200';
  /** `settleTime` of a pending row; `time` is one day after its miningDate. */
  pendingSettleTime: 'null' | 'absent' | 'zero' | 'time';
  /** An optional field without a value. */
  emptyFields: 'absent' | 'null';
  /**
   * Order of earnings and rewards by miningDate. `unstable-ties`: newest first, ties in a different order each time;
   * `inserted-…`: in the order in which the pool recorded them, so that a late row is apart from its day.
   */
  order: 'desc' | 'asc' | 'inserted-desc' | 'inserted-asc' | 'unstable-ties' | 'unstable';
  /** Order of workers: as requested, with ties in a different order each time, or random. */
  workerOrder: 'stable' | 'unstable-ties' | 'unstable';
  /** The largest page served, whatever was requested. */
  pageSizeCap: number | null;
  /** Whether `pageSize` in the response is the size served; otherwise it repeats the request's. */
  pageSizeAdmitted: boolean;
  /** What `pageSize` is instead: always 10, or the number of rows on the page. */
  pageSizeSays: 'size' | 'ten' | 'rows';
  /** Which rows startTime and endTime let through; `utc-days` and `utc8-days` compare dates only. */
  bounds:
    'inclusive' | 'exclusive' | 'start-inclusive' | 'end-inclusive' | 'utc-days' | 'utc8-days' | 'ignored';
  /** Shifts startTime and endTime by this many ms, as if they were in another time zone. */
  boundsShiftMs: number;
  /** Which date startTime and endTime select by: `settleTime` if a row has one, or `miningDate`. */
  boundsOn: 'mined' | 'settled';
  /** A query without startTime returns only this many days. */
  unboundedDays: number | null;
  /** A longer span between startTime and endTime is refused with 400100. */
  maxSpanDays: number | null;
  /** Of a longer span, only the newest (`last`) or oldest (`first`) days are served, silently. */
  clippedSpan: { readonly days: number; readonly keeps: 'last' | 'first' } | null;
  /** Income mined before this instant is no longer served; it stays in the totals. */
  forgottenBeforeMs: number | null;
  /** At most this many rows are served and counted per query. */
  maxRows: number | null;
  /** An endTime later than now is refused with 400100. */
  futureEnds: 'accepted' | 'refused';
  /** A query for one of these currencies is refused with 400100. */
  refusedCoins: string[];
  /** A number is added to the true count; `of-page`: the rows of the page served. */
  totalNum: 'true' | 'null' | 'absent' | 'of-page' | number;
  /**
   * A page beyond the last: without rows; the last or the first page, which says so, or the last one, which says
   * that it is the page asked for; or 400100.
   */
  beyondEnd: 'empty' | 'last' | 'first' | 'last-in-disguise' | 'refused';
  /** The `data` of a page without rows: a page, or nothing in one of these ways. */
  noRows: 'page' | 'null' | 'object' | 'list' | 'absent';
  /** This page of every list is empty. */
  emptyPage: number | null;
  /** This page of every list repeats the page before it. */
  repeatedPage: number | null;
  /** Income in these currencies is served only when coinName asks for it. */
  hiddenUnlessAsked: string[];
  /** worker/get for an unknown worker: `data` null, `data` an empty object, or 400100. */
  unknownWorker: 'null' | 'empty' | 'refused';
  /** Response for a removed sub-account: its data as before, 400100, HTTP 404, a bare HTTP 403, or no rows. */
  removedSubAccounts: 'queryable' | 'refused' | 'not-found' | 'forbidden' | 'empty';
  removedAlgorithms: 'queryable' | 'refused';
  /**
   * What the accumulated totals count: settled earnings and settled rewards without MINING_EARN (`earned`), the
   * same and pending rows (`with-pending`), MINING_EARN twice (`everything`), or settled earnings alone.
   */
  totals: 'earned' | 'with-pending' | 'everything' | 'earnings-only';
  /** Totals are cut to this many decimals. */
  totalDecimals: number | null;
  /** Sub-accounts without income in sub-user/earn. */
  zeroIncome: 'listed' | 'omitted';
}

export const DEFAULT_QUIRKS: Readonly<Quirks> = {
  amounts: 'number',
  amountDigits: 'plain',
  hashRates: 'number',
  hashUnit: 'H',
  ids: 'number',
  times: 'number',
  rejectRates: 'as-in-examples',
  pageFields: 'number',
  successCode: '"200"',
  retry: 'as-in-examples',
  errorStyle: 'http200',
  throttleStyle: 'http403',
  pendingSettleTime: 'null',
  emptyFields: 'absent',
  order: 'desc',
  workerOrder: 'stable',
  pageSizeCap: null,
  pageSizeAdmitted: true,
  pageSizeSays: 'size',
  bounds: 'inclusive',
  boundsShiftMs: 0,
  boundsOn: 'mined',
  unboundedDays: null,
  maxSpanDays: null,
  futureEnds: 'accepted',
  refusedCoins: [],
  clippedSpan: null,
  forgottenBeforeMs: null,
  maxRows: null,
  totalNum: 'true',
  beyondEnd: 'empty',
  noRows: 'page',
  emptyPage: null,
  repeatedPage: null,
  hiddenUnlessAsked: [],
  unknownWorker: 'null',
  removedSubAccounts: 'queryable',
  removedAlgorithms: 'queryable',
  totals: 'earned',
  totalDecimals: null,
  zeroIncome: 'listed',
};
