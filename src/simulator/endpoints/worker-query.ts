import { shuffled } from '../random';
import { compareWorkers } from '../world/fleet';
import type { Answer } from './endpoint';
import { backwards, forwards, formatPage, readPageRequest } from './page';
import { readScope } from './scope-parameters';
import { shuffleTies } from './tie-order';
import { formatListedWorker } from './worker-item';

const SORT_FIELDS = ['WORKER', 'HASH_RATE', 'HASH_RATE_HOUR', 'REJECT', 'LAST_SHARE_TIME'] as const;
const DIRECTIONS = ['ASC', 'DESC'] as const;
const STATUSES = ['TOTAL', 'ACTIVE', 'INACTIVE', 'INVALID'] as const;

/** GET /v1/external/worker/query */
export const queryWorkers: Answer = (call) => {
  const { world, parameters, quirks, random } = call;
  const page = readPageRequest(parameters);
  const scope = readScope(call);
  const field = parameters.getChoice('sortField', SORT_FIELDS);
  const direction = parameters.getChoice('sort', DIRECTIONS);
  const status = parameters.getChoice('status', STATUSES);
  parameters.findCoin();
  parameters.finish();
  const fleet = world.findScope(scope)?.fleet;
  fleet?.refresh(world.nowMs);
  const ascending = fleet?.list(status, field) ?? [];
  const compare = compareWorkers(field);
  const textOf = (worker: (typeof ascending)[number]) => formatListedWorker(worker, quirks);
  switch (quirks.workerOrder) {
    case 'stable':
      return formatPage(
        direction === 'ASC' ? forwards(ascending) : backwards(ascending),
        page,
        quirks,
        textOf,
      );
    case 'unstable-ties': {
      const sorted = shuffleTies(ascending, (a, b) => compare(a, b) === 0, random);
      return formatPage(direction === 'ASC' ? forwards(sorted) : backwards(sorted), page, quirks, textOf);
    }
    case 'unstable':
      return formatPage(forwards(shuffled(ascending, random)), page, quirks, textOf);
  }
};
