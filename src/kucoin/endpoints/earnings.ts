import type { IncomeRow } from '../../domain/income';
import type { Page } from '../../domain/page';
import type { IncomePageQuery } from '../../domain/pool';
import type { Endpoint } from '../endpoint';
import { sideDecimalField } from '../fields';
import { incomeParams, incomeRow, incomeSchema } from '../income-rows';
import { readItem, Unreadable } from '../items';
import { readPage } from '../lists';

const earningSchema = incomeSchema.extend({ rejectRate: sideDecimalField });

/** Mining income of a sub-account. Source: `GET /v1/external/earn/query`. */
export const earningsEndpoint: Endpoint<IncomePageQuery, Page<IncomeRow>> = {
  name: 'earn/query',
  params: incomeParams,
  read: (data, { query, poolNowMs, answeredAtMs }) =>
    readPage(
      earningsEndpoint.name,
      data,
      (item) => {
        const read = readItem(earningSchema, item);
        if (read instanceof Unreadable) return read;
        return incomeRow(read, { type: null, rejectRate: read.fields.rejectRate }, poolNowMs);
      },
      query,
      answeredAtMs,
    ),
};
