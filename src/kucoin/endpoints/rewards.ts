import type { IncomeRow } from '../../domain/income';
import type { Page } from '../../domain/page';
import type { IncomePageQuery } from '../../domain/pool';
import type { Endpoint } from '../endpoint';
import { requiredTextField } from '../fields';
import { incomeParams, incomeRow, incomeSchema } from '../income-rows';
import { readItem, Unreadable } from '../items';
import { readPage } from '../lists';

const rewardSchema = incomeSchema.extend({ type: requiredTextField });

/** Income of a sub-account of every type. Source: `GET /v1/external/reward/query`. */
export const rewardsEndpoint: Endpoint<IncomePageQuery, Page<IncomeRow>> = {
  name: 'reward/query',
  params: incomeParams,
  read: (data, { query, poolNowMs, answeredAtMs }) =>
    readPage(
      rewardsEndpoint.name,
      data,
      (item) => {
        const read = readItem(rewardSchema, item);
        if (read instanceof Unreadable) return read;
        return incomeRow(read, { type: read.fields.type, rejectRate: null }, poolNowMs);
      },
      query,
      answeredAtMs,
    ),
};
