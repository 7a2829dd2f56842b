import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How the proxy answers a CONNECT: with a status and a body, with raw bytes, not at all, or with a tunnel. */
export type ProxyMode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'status'; readonly status: string; readonly body?: string }
  | { readonly kind: 'raw'; readonly bytes: string }
  | { readonly kind: 'silent' };

/** An HTTP proxy on this machine, which connects to this machine whatever host is asked for. */
export class ConnectProxy {
  mode: ProxyMode = { kind: 'pass' };
  /** The targets of CONNECT, in order. */
  readonly targets: string[] = [];
  /** The addresses that were requested without a tunnel. */
  readonly forwarded: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** How tunnels ended on the side of the client. */
  readonly ends: string[] = [];
  private readonly sockets = new Set<Duplex>();

  private readonly server: Server;

  private constructor(tls: { readonly cert: string; readonly key: string } | null) {
    const forward = (request: IncomingMessage, response: ServerResponse): void => {
      this.forwarded.push(request.url ?? '');
      response.end('{}');
    };
    this.server = tls === null ? createHttpServer(forward) : createHttpsServer(tls, forward);
    this.server.on('connection', (socket: Socket) => this.sockets.add(socket));
    this.server.on('connect', (request: IncomingMessage, socket: Duplex) => this.tunnel(request, socket));
  }

  /** `tls`: the way to the proxy is encrypted. */
  static async listen(
    tls: { readonly cert: string; readonly key: string } | null = null,
  ): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(tls);
    await new Promise<void>((resolve) => proxy.server.listen(0, 'localhost', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private tunnel(request: IncomingMessage, socket: Duplex): void {
    this.targets.push(request.url ?? '');
    this.authorizations.push(request.headers['proxy-authorization']);
    socket.once('error', (error: NodeJS.ErrnoException) => this.ends.push(error.code ?? 'error'));
    socket.once('end', () => this.ends.push('closed in good order'));
    const { mode } = this;
    if (mode.kind === 'silent') return;
    if (mode.kind === 'raw') {
      socket.write(mode.bytes);
      return;
    }
    if (mode.kind === 'status') {
      socket.end(`HTTP/1.1 ${mode.status}\r\ncontent-type: text/html\r\n\r\n${mode.body ?? ''}`);
      return;
    }
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const target = connect({ port, host: 'localhost' }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.destroy());
    socket.on('close', () => target.destroy());
    this.sockets.add(target);
  }
}
