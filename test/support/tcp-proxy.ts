import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** `pass` forwards, `drop` accepts connections and closes them, `silent` accepts them and lets nothing through. */
type ProxyMode = 'pass' | 'drop' | 'silent';

/** A proxy to a server on this host that can fail as a network does. */
export class TcpProxy {
  /** Connections that were accepted so far. */
  accepted = 0;
  private mode: ProxyMode = 'pass';
  private readonly server = createServer((socket) => this.accept(socket));
  private readonly sockets = new Set<Socket>();
  private readonly port: number;

  constructor(targetPort: number) {
    this.port = targetPort;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Changes the behaviour of existing connections, too. */
  turn(mode: ProxyMode): void {
    this.mode = mode;
    if (mode === 'drop') this.sockets.forEach((socket) => socket.destroy());
    this.sockets.forEach((socket) => (mode === 'silent' ? socket.pause() : socket.resume()));
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.accepted += 1;
    if (this.mode === 'drop') {
      socket.destroy();
      return;
    }
    const target = connect({ port: this.port, host: '127.0.0.1' });
    for (const [from, to] of [
      [socket, target],
      [target, socket],
    ] as const) {
      this.sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.mode === 'silent') from.pause();
    }
  }
}
