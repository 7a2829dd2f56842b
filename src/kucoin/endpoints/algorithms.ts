import type { Listing } from '../../domain/page';
import type { Endpoint } from '../endpoint';
import { requiredTextField } from '../fields';
import { Unreadable } from '../items';
import type { JsonValue } from '../json';
import { readListing } from '../lists';

/** The algorithms that the pool mines. Source: `GET /v1/external/algo/query`. */
export const algorithmsEndpoint: Endpoint<void, Listing<string>> = {
  name: 'algo/query',
  params: () => ({}),
  read: (data, { answeredAtMs }) => readListing(algorithmsEndpoint.name, data, readAlgorithm, answeredAtMs),
};

function readAlgorithm(item: JsonValue): string | Unreadable {
  const parsed = requiredTextField.safeParse(item);
  return parsed.success ? parsed.data : new Unreadable('the item is not the name of an algorithm');
}
