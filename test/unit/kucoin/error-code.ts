import type { ErrorCode } from '../../../src/core/errors';
import { isKpoolError } from '../../../src/core/errors';

/** The code of the KpoolError that `run` throws; null when it throws none. */
export function codeOf(run: () => unknown): ErrorCode | null {
  try {
    run();
  } catch (error) {
    if (isKpoolError(error)) return error.code;
    throw error;
  }
  return null;
}
