import { millisecondsInMinute } from 'date-fns/constants';
import type { Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import type { Secret } from '../core/secret';
import { createTunnel } from './tunnel';

const IDLE_CONNECTION_LIFE_MS = 10_000;
const KEEP_ALIVE_MAX_MS = millisecondsInMinute;
const MAX_HEADER_BYTES = 64 * 1024;

/** One HTTP/1.1 connection at a time: one request in flight, never pipelined, never sent twice. */
export interface Connection {
  readonly client: Client;
  /** Whether the socket is connected, so that a request goes out at once. */
  isOpen(): boolean;
  /** Calls `listener` once, when the next socket is connected, TLS included. */
  onceOpen(listener: () => void): void;
  /**
   * Ends the socket with a reset. An ordinary close would leave unsent bytes with the kernel, which keeps
   * delivering them: the request could reach the pool when its slot already serves another one (P6).
   */
  reset(): void;
}

export interface ConnectionOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** From the start of a connection until it is established; the same again for the tunnel through a proxy. */
  readonly connectTimeoutMs: number;
  /** Null: none. */
  readonly proxy: Secret | null;
  /** PEM of a certificate authority to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** Opens nothing yet: undici connects with the first request, and again when the socket has ended. */
export function createConnection({ origin, connectTimeoutMs, proxy, ca }: ConnectionOptions): Connection {
  const connectPlain = buildConnector({ timeout: connectTimeoutMs });
  const connectTls = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  });
  let tcpSocket: Socket | null = null;
  let open = false;
  let listener: (() => void) | null = null;

  const opened = (): void => {
    open = true;
    listener?.();
    listener = null;
  };
  // Plain TCP first, since only a TCP socket can be reset, not the TLS or tunnel above it.
  const connectTcp: buildConnector.connector = (options, callback) => {
    connectPlain({ ...options, protocol: 'http:', port: portOf(options) }, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      tcpSocket = socket;
      socket.once('close', () => {
        if (tcpSocket === socket) open = false;
      });
      callback(null, socket);
    });
  };
  const reach =
    proxy === null
      ? connectTcp
      : createTunnel({ proxy, connectTcp, connectTls, timeoutMs: connectTimeoutMs });
  const client = new Client(origin, {
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_LIFE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The transport keeps its own time, since undici's timeouts would close without a reset.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, callback) {
      reach(options, (...[error, socket]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        if (options.protocol !== 'https:') {
          opened();
          callback(null, socket);
          return;
        }
        connectTls({ ...options, httpSocket: socket }, (...[tlsError, tlsSocket]) => {
          if (tlsError !== null) {
            socket.destroy();
            callback(tlsError, null);
            return;
          }
          opened();
          callback(null, tlsSocket);
        });
      });
    },
  });
  return {
    client,
    isOpen: () => open,
    onceOpen: (next) => {
      listener = next;
    },
    reset: () => {
      if (tcpSocket !== null && !tcpSocket.destroyed) tcpSocket.resetAndDestroy();
    },
  };
}

function portOf(options: buildConnector.Options): string {
  if (options.port !== '') return options.port;
  return options.protocol === 'https:' ? '443' : '80';
}
