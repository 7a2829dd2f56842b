import { z } from 'zod';
import type { SubAccountIncome } from '../../domain/entities';
import type { Puid } from '../../domain/ids';
import type { Listing } from '../../domain/page';
import type { Endpoint } from '../endpoint';
import { amountField, idField, optionalTextField } from '../fields';
import { readItem, Unreadable } from '../items';
import type { JsonValue } from '../json';
import { readListing } from '../lists';

const subAccountIncomeSchema = z.object({ puid: idField, pname: optionalTextField, amount: amountField });

/**
 * Lifetime income of each sub-account in one currency; none when the pool answers with nothing. Source: `GET
 * /v1/external/sub-user/earn`.
 */
export const subAccountIncomeEndpoint: Endpoint<string, Listing<SubAccountIncome>> = {
  name: 'sub-user/earn',
  params: (coinName) => ({ coinName }),
  read: (data, { answeredAtMs }) =>
    readListing(subAccountIncomeEndpoint.name, data, readSubAccountIncome, answeredAtMs),
};

function readSubAccountIncome(item: JsonValue): SubAccountIncome | Unreadable {
  const read = readItem(subAccountIncomeSchema, item);
  if (read instanceof Unreadable) return read;
  return { puid: read.fields.puid as Puid, pname: read.fields.pname, amount: read.fields.amount };
}
