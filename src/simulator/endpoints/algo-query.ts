import { formatJsonList } from '../http/json-text';
import type { Answer } from './endpoint';

/** GET /v1/external/algo/query */
export const queryAlgorithms: Answer = ({ world, account, parameters }) => {
  parameters.finish();
  return formatJsonList(world.algorithms(account.name).map((algo) => JSON.stringify(algo)));
};
