import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PostgresAddress } from './postgres-address';

const DEFAULT_PORT = 5_432;
const KEEP_ALIVE_MS = 15_000;
/** Length and code of SSLRequest (PostgreSQL, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = 'S';

/**
 * A socket to the server, encrypted if the address says so, ready for the startup message. Once it resolved, the socket
 * belongs to the caller; `onLost` is told of every error and of the end, before and after. `signal` destroys it.
 */
export async function dialPostgres(
  { host, port, ssl }: PostgresAddress,
  signal: AbortSignal,
  onLost: (error: Error) => void,
): Promise<Socket> {
  const name = host === undefined || host === '' ? 'localhost' : host;
  const number = port ?? DEFAULT_PORT;
  const raw = name.startsWith('/')
    ? connectTcp({ path: `${name}/.s.PGSQL.${number}` })
    : connectTcp({ host: name, port: number });
  watch(raw, signal, onLost);
  await once(raw, 'connect', { signal });
  raw.setNoDelay(true);
  raw.setKeepAlive(true, KEEP_ALIVE_MS);
  if (ssl === undefined || ssl === false) return raw;
  raw.write(SSL_REQUEST);
  const [answer] = (await once(raw, 'data', { signal })) as [Buffer];
  // More than one byte would have been slipped in before the encryption (CVE-2021-23222).
  if (answer.toString('latin1') !== YES) throw new Error('The server does not support SSL connections.');
  raw.removeAllListeners('data');
  const secure = connectTls({
    ...(ssl === true ? {} : ssl),
    socket: raw,
    ...(isIP(name) === 0 ? { servername: name } : {}),
  });
  watch(secure, signal, onLost);
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/** An `error` that nobody listens to would end the process. */
function watch(socket: Socket, signal: AbortSignal, onLost: (error: Error) => void): void {
  socket.on('error', onLost);
  socket.once('close', () => onLost(connectionClosed()));
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
}

function connectionClosed(): Error {
  return Object.assign(new Error('The database closed the connection.'), { code: 'ECONNRESET' });
}
