import type { Worker } from '../../domain/entities';
import type { Listing } from '../../domain/page';
import type { WorkerQuery } from '../../domain/pool';
import type { Endpoint } from '../endpoint';
import { malformed } from '../failure';
import { describeKind } from '../items';
import type { JsonValue } from '../json';
import { isJsonObject } from '../json';
import { readListing } from '../lists';
import { readWorker } from '../worker-rows';

/** `worker/get` requires paging parameters although it serves one machine. */
const REQUIRED_PAGE_SIZE = '10';

/** One machine with its status; none when the pool does not know it. Source: `GET /v1/external/worker/get`. */
export const workerDetailsEndpoint: Endpoint<WorkerQuery, Listing<Worker>> = {
  name: 'worker/get',
  params: (query) => ({
    currentPage: '1',
    pageSize: REQUIRED_PAGE_SIZE,
    algo: query.algo,
    puid: String(query.puid),
    workerId: String(query.workerId),
  }),
  read(data, { query, answeredAtMs }) {
    const isNobody = holdsNothing(data);
    if (!isNobody && !isJsonObject(data))
      throw malformed(workerDetailsEndpoint.name, `data is ${describeKind(data)}, not a worker`);
    const listing = readListing(workerDetailsEndpoint.name, isNobody ? [] : [data], readWorker, answeredAtMs);
    const other = listing.rows.find((worker) => worker.workerId !== query.workerId);
    if (other !== undefined)
      throw malformed(
        workerDetailsEndpoint.name,
        `it is worker ${other.workerId}, asked was ${query.workerId}`,
      );
    return listing;
  },
};

/** The specification does not say what "no such worker" looks like: any empty answer counts as it. */
function holdsNothing(
  data: JsonValue | undefined,
): data is undefined | null | '' | Readonly<Record<string, never>> {
  if (data === undefined || data === null || data === '') return true;
  return (Array.isArray(data) || isJsonObject(data)) && Object.keys(data).length === 0;
}
