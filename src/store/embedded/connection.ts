import postgres from 'postgres';
import { systemClock } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { Secret } from '../../core/secret';
import { OWNER } from './password-file';

const ATTEMPTS = 100;
const PAUSE_MS = 50;
const CONNECT_TIMEOUT_S = 10;
/** cannot_connect_now: the server is starting, recovering or stopping. */
const NOT_NOW = '57P03';
const INVALID_PASSWORD = '28P01';

export function connectionUrl(port: number, password: string): Secret {
  return new Secret(`postgres://${OWNER}:${password}@127.0.0.1:${port}/${OWNER}`);
}

/** Proves that the server answers to our password. Throws `database.data-directory` or `database.unreachable`. */
export async function verifyConnection(
  url: Secret,
  passwordFile: string,
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const sql = postgres(url.reveal(), {
      max: 1,
      connect_timeout: CONNECT_TIMEOUT_S,
      onnotice: () => undefined,
    });
    try {
      await sql`SELECT 1`;
      return;
    } catch (cause) {
      const { code } = cause as { readonly code?: unknown };
      if (code === INVALID_PASSWORD) throw wrongPassword(passwordFile, cause);
      if (code !== NOT_NOW || attempt === ATTEMPTS) {
        throw new KpoolError('database.unreachable', 'The embedded PostgreSQL runs but does not answer.', {
          cause,
        });
      }
      await systemClock.sleep(PAUSE_MS, signal);
    } finally {
      await sql.end({ timeout: 0 });
    }
  }
}

function wrongPassword(passwordFile: string, cause: unknown): KpoolError {
  return new KpoolError('database.data-directory', `The password in ${passwordFile} is not the server's.`, {
    hint: 'Stop every kpool process, delete that file and start again: a new password is set.',
    cause,
  });
}
