import { Socket } from 'node:net';
import { Client, type buildConnector } from 'undici';
import { assert } from '../core/assert';
import type { Secret } from '../core/secret';

/** A connection to the pool that failed at the proxy. */
export class ProxyFailure extends Error {
  constructor(
    /** Scheme, host and port of the proxy: no other part of its address is shown (P10). */
    readonly proxyOrigin: string,
    /** What the proxy answered; null: it did not answer. */
    readonly httpStatus: number | null,
    readonly hasCredentials: boolean,
    override readonly cause: unknown,
  ) {
    super('The proxy did not let the request through.');
  }
}

export interface TunnelOptions {
  /** `http://user:password@host:port`, or https. */
  readonly proxy: Secret;
  /** Opens the TCP connection that everything goes through. */
  readonly connectTcp: buildConnector.connector;
  readonly connectTls: buildConnector.connector;
  /** From the start until the proxy has connected. */
  readonly timeoutMs: number;
}

/** A connector to any host through a proxy: CONNECT (RFC 9110, 9.3.6). Fails with `ProxyFailure`. */
export function createTunnel(options: TunnelOptions): buildConnector.connector {
  const url = new URL(options.proxy.reveal());
  const isTls = url.protocol === 'https:';
  const proxy = { protocol: 'http:', hostname: url.hostname, port: url.port || (isTls ? '443' : '80') };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = credentials === ':' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const failure = (httpStatus: number | null, cause?: unknown): ProxyFailure =>
    new ProxyFailure(url.origin, httpStatus, authorization !== null, cause);

  async function open(target: string): Promise<Socket> {
    const client = new Client(url.origin, {
      connect: (_options, callback) => {
        options.connectTcp({ ...proxy, host: url.host }, (...[error, socket]) => {
          if (error !== null || !isTls) callback(...([error, socket] as Parameters<buildConnector.Callback>));
          else
            options.connectTls(
              { ...proxy, protocol: 'https:', servername: url.hostname, httpSocket: socket },
              callback,
            );
        });
      },
    });
    try {
      const { statusCode, socket } = await client.connect({
        path: target,
        headers: {
          host: target,
          ...(authorization === null ? {} : { 'proxy-authorization': authorization }),
        },
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      if (statusCode >= 200 && statusCode <= 299) {
        assert(socket instanceof Socket, 'what the connector opened comes back');
        return socket;
      }
      socket.on('error', () => undefined).destroy();
      throw failure(statusCode);
    } catch (error) {
      throw error instanceof ProxyFailure ? error : failure(null, error);
    } finally {
      // The socket no longer belongs to the client.
      void client.destroy();
    }
  }

  return ({ hostname, port, protocol }, callback) => {
    const target = `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
    open(target).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error as Error, null),
    );
  };
}
