import type { Config } from './config';
import type { Environment } from './env-file';

/**
 * Whether a failure is printed with its stack trace: if LOG_LEVEL is debug or trace. `config` is undefined before it was
 * read, or if that failed; then only the environment counts, not `.env`.
 */
export function wantsStacks(config: Config | undefined, env: Environment): boolean {
  const level = config?.log.level ?? env['LOG_LEVEL'];
  return level === 'debug' || level === 'trace';
}

/** How this user calls the program: `npx kpool` in a checkout, also with `npm run demo`; otherwise `kpool`. */
export function programName(env: Environment): 'kpool' | 'npx kpool' {
  return env['npm_command'] === undefined ? 'kpool' : 'npx kpool';
}
