import { once } from 'node:events';
import { createServer } from 'node:net';
import { KpoolError } from '../core/errors';

/** Throws `port.in-use` if the pages could not be served there now; 0 is always free. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw cannotListen(host, port, error);
  }
  server.close();
  await once(server, 'close');
}

export function cannotListen(host: string, port: number, error: unknown): KpoolError {
  return new KpoolError('port.in-use', `Cannot listen on ${host}:${port}: ${reasonOf(error)}.`, {
    hint: 'Choose another HTTP_PORT, or 0 for no web server.',
    cause: error,
  });
}

function reasonOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is in use';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return typeof code === 'string' ? code : 'an unknown error';
}
