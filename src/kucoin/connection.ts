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
   * Ends the socket with a reset. An ordinary close would leave unsent bytes with the kernel, which would still deliver
   * them: the request could reach the pool after its slot was granted to another one (P6).
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

/** The socket of a connection: whether it is open, and the TCP socket below it, which alone can be reset. */
class ConnectionSocket {
  isOpen = false;
  private tcpSocket: Socket | null = null;
  private listener: (() => void) | null = null;

  connected(tcpSocket: Socket): void {
    this.tcpSocket = tcpSocket;
    tcpSocket.once('close', () => {
      if (this.tcpSocket === tcpSocket) this.isOpen = false;
    });
  }

  /** It is ready for requests, TLS included. */
  opened(): void {
    this.isOpen = true;
    this.listener?.();
    this.listener = null;
  }

  onceOpen(listener: () => void): void {
    this.listener = listener;
  }

  reset(): void {
    if (this.tcpSocket !== null && !this.tcpSocket.destroyed) this.tcpSocket.resetAndDestroy();
  }
}

/** Connects by plain TCP first, through the proxy if there is one, then by TLS; `socket` learns of both. */
function createConnector(
  { connectTimeoutMs, proxy, ca }: ConnectionOptions,
  socket: ConnectionSocket,
): buildConnector.connector {
  const connectPlain = buildConnector({ timeout: connectTimeoutMs });
  const connectTls = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    ...(ca === undefined ? {} : { ca }),
  });
  const connectTcp: buildConnector.connector = (options, callback) => {
    connectPlain({ ...options, protocol: 'http:', port: portOf(options) }, (...[error, tcpSocket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      socket.connected(tcpSocket);
      callback(null, tcpSocket);
    });
  };
  const reach =
    proxy === null
      ? connectTcp
      : createTunnel({ proxy, connectTcp, connectTls, timeoutMs: connectTimeoutMs });
  return (options, callback) => {
    reach(options, (...[error, reached]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      if (options.protocol !== 'https:') {
        socket.opened();
        callback(null, reached);
        return;
      }
      connectTls({ ...options, httpSocket: reached }, (...[tlsError, tlsSocket]) => {
        if (tlsError !== null) {
          reached.destroy();
          callback(tlsError, null);
          return;
        }
        socket.opened();
        callback(null, tlsSocket);
      });
    });
  };
}

/** Opens nothing yet: undici connects at the first request, and again after the socket has ended. */
export function createConnection(options: ConnectionOptions): Connection {
  const socket = new ConnectionSocket();
  const client = new Client(options.origin, {
    pipelining: 1,
    keepAliveTimeout: IDLE_CONNECTION_LIFE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The transport keeps its own time, since undici's timeouts would close without a reset.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector(options, socket),
  });
  return {
    client,
    isOpen: () => socket.isOpen,
    onceOpen: (listener) => socket.onceOpen(listener),
    reset: () => socket.reset(),
  };
}

function portOf(options: buildConnector.Options): string {
  if (options.port !== '') return options.port;
  return options.protocol === 'https:' ? '443' : '80';
}
