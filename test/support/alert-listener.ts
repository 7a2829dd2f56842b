import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../src/core/secret';
import type { AlertMessage } from '../../src/alerts/alert-review';

/** The secret part of the address. */
export const SECRET_PATH = '/services/T000/very-secret-part';

/** A receiver of alerts, whose answers the test decides. */
export class AlertListener {
  readonly messages: AlertMessage[] = [];
  answer: 'take' | 'refuse' | 'reset' | 'redirect' | 'hang' = 'take';
  /** Messages that were never answered. */
  hanging = 0;
  private server: Server | undefined;

  async listen(): Promise<Secret> {
    this.server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        if (this.answer === 'hang') {
          this.hanging += 1;
          return;
        }
        if (this.answer === 'reset') {
          request.socket.resetAndDestroy();
          return;
        }
        if (this.answer === 'take') this.messages.push(JSON.parse(body) as AlertMessage);
        const status = { take: 200, refuse: 500, redirect: 302 }[this.answer];
        response.writeHead(status, { location: '/elsewhere' }).end('ok');
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return new Secret(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}${SECRET_PATH}`);
  }

  /** The alerts received since the last call. */
  take(): string[] {
    return this.messages
      .splice(0)
      .map(({ event, kind, detail }) => `${event} ${kind} ${detail['stream'] ?? ''}`);
  }

  async close(): Promise<void> {
    this.server!.closeAllConnections();
    await new Promise((resolve) => this.server!.close(resolve));
  }
}
