import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PostgresAddress } from './address';

const SOCKET_KEEP_ALIVE_MS = 15_000;
/** Length and code of SSLRequest (PostgreSQL, "Message Formats"). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const YES = 'S';

/**
 * Opens a socket to the server, encrypted if the address says so, ready for the startup message. From then on the
 * socket belongs to the caller. `onLost` is called for every error and for the end, before and after that. `signal`
 * destroys the socket.
 */
export async function dialPostgres(
  { host, port, tls }: PostgresAddress,
  signal: AbortSignal,
  onLost: (error: Error) => void,
): Promise<Socket> {
  const raw = host.startsWith('/')
    ? connectTcp({ path: `${host}/.s.PGSQL.${port}` })
    : connectTcp({ host, port });
  watchSocket(raw, signal, onLost);
  await once(raw, 'connect', { signal });
  raw.setNoDelay(true);
  raw.setKeepAlive(true, SOCKET_KEEP_ALIVE_MS);
  if (tls === null) return raw;
  raw.write(SSL_REQUEST);
  const [answer] = (await once(raw, 'data', { signal })) as [Buffer];
  // Further bytes would have been injected before the encryption (CVE-2021-23222).
  if (answer.toString('latin1') !== YES) throw new Error('The server does not support SSL connections.');
  raw.removeAllListeners('data');
  const secure = connectTls({ ...tls, socket: raw, ...(isIP(host) === 0 ? { servername: host } : {}) });
  watchSocket(secure, signal, onLost);
  await once(secure, 'secureConnect', { signal });
  return secure;
}

/** An `error` without a listener would end the process. */
function watchSocket(socket: Socket, signal: AbortSignal, onLost: (error: Error) => void): void {
  socket.on('error', onLost);
  socket.once('close', () => onLost(connectionClosed()));
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
}

function connectionClosed(): Error {
  return Object.assign(new Error('The database closed the connection.'), { code: 'ECONNRESET' });
}
