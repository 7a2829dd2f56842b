import { z } from 'zod';
import type { SubAccount } from '../../domain/entities';
import type { Puid } from '../../domain/ids';
import type { Listing } from '../../domain/page';
import type { Endpoint } from '../endpoint';
import { idField, nameField, optionalDecimalField, optionalTextField } from '../fields';
import { ratesInHps } from '../hash-rates';
import { readItem, Unreadable } from '../items';
import type { JsonValue } from '../json';
import { readListing } from '../lists';

const subAccountSchema = z.object({
  puid: idField,
  pname: nameField,
  defaultAlgo: optionalTextField,
  realHashRate: optionalDecimalField,
  hourHashRate: optionalDecimalField,
  dayHashRate: optionalDecimalField,
  hashUnit: optionalTextField,
});

/** All sub-accounts of the user. Source: `GET /v1/external/user/query`. */
export const subAccountsEndpoint: Endpoint<void, Listing<SubAccount>> = {
  name: 'user/query',
  params: () => ({}),
  read: (data, { answeredAtMs }) => readListing(subAccountsEndpoint.name, data, readSubAccount, answeredAtMs),
};

function readSubAccount(item: JsonValue): SubAccount | Unreadable {
  const read = readItem(subAccountSchema, item);
  if (read instanceof Unreadable) return read;
  const { puid, pname, defaultAlgo, hashUnit, realHashRate, hourHashRate, dayHashRate } = read.fields;
  const rates = ratesInHps({ rates: { realHashRate, hourHashRate, dayHashRate }, hashUnit });
  return {
    puid: puid as Puid,
    pname,
    defaultAlgo,
    realHps: rates.hps.realHashRate,
    hourHps: rates.hps.hourHashRate,
    dayHps: rates.hps.dayHashRate,
    hashUnit,
    extra: read.extra(rates.unconverted),
  };
}
