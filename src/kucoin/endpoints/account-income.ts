import type { DecimalText } from '../../core/decimal';
import type { Listing } from '../../domain/page';
import type { Endpoint } from '../endpoint';
import { amountField } from '../fields';
import { readItems, Unreadable } from '../items';
import type { JsonValue } from '../json';

/**
 * Lifetime income of the user in one currency; none when the pool answers with nothing. Source: `GET
 * /v1/external/user/earn`.
 */
export const accountIncomeEndpoint: Endpoint<string, Listing<DecimalText>> = {
  name: 'user/earn',
  params: (coinName) => ({ coinName }),
  read(data, { answeredAtMs }) {
    const items = data === undefined || data === null ? [] : [data];
    return { ...readItems(items, readTotal), answeredAtMs };
  },
};

function readTotal(item: JsonValue): DecimalText | Unreadable {
  const parsed = amountField.safeParse(item);
  return parsed.success ? parsed.data : new Unreadable(`the total ${parsed.error.issues[0]?.message ?? ''}`);
}
