import type { Worker } from '../../domain/entities';
import type { Page } from '../../domain/page';
import type { WorkersQuery } from '../../domain/pool';
import type { Endpoint } from '../endpoint';
import { readPage } from '../lists';
import { readWorker } from '../worker-rows';

/**
 * The machines of a sub-account in order of their names, the only order that does not change while they mine.
 * Source: `GET /v1/external/worker/query`.
 */
export const workersEndpoint: Endpoint<WorkersQuery, Page<Worker>> = {
  name: 'worker/query',
  params: (query) => ({
    currentPage: String(query.currentPage),
    pageSize: String(query.pageSize),
    algo: query.algo,
    puid: String(query.puid),
    sortField: 'WORKER',
    sort: 'ASC',
    status: query.status,
    coinName: query.coinName,
  }),
  read: (data, { query, answeredAtMs }) =>
    readPage(workersEndpoint.name, data, readWorker, query, answeredAtMs),
};
