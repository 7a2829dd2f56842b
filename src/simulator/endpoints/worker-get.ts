import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { Answer } from './endpoint';
import { readPageRequest } from './page';
import { readScope } from './scope-parameters';
import { formatWorkerDetails } from './worker-item';

/** GET /v1/external/worker/get: one machine, although the specification asks for a page. */
export const getWorker: Answer = (call) => {
  const { world, parameters, quirks } = call;
  readPageRequest(parameters);
  const scope = readScope(call);
  const workerId = parameters.getId('workerId');
  parameters.findCoin();
  parameters.finish();
  const fleet = world.findScope(scope)?.fleet;
  fleet?.refresh(world.nowMs);
  const worker = fleet?.find(workerId);
  if (worker !== undefined) return formatWorkerDetails(worker, quirks);
  switch (quirks.unknownWorker) {
    case 'null':
      return 'null';
    case 'empty':
      return '{}';
    case 'refused':
      throw new Refusal(SYSTEM_CODES.parameter, 'workerId is unknown');
  }
};
