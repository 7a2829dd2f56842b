import type { Environment } from './env-file';

/** The environment of this process. The program's entry passes it on; nothing else in `src` and `jobs` reads it. */
export function processEnvironment(): Environment {
  return { ...process.env };
}
