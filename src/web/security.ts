import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { isLoopbackHost } from '../core/loopback';

/**
 * Only this host's own scripts and style sheets are allowed, and no other content, framing or form target. Inline `style`
 * attributes are allowed, because charts need them.
 */
const DIRECTIVES = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  styleSrcAttr: ["'unsafe-inline'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};
/** A host with an optional port, as in the header Host. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i;

/**
 * Sets the security headers on every response. Without a token it answers only requests for this machine's own names, so
 * that another site cannot read it through a host name that resolves to this machine (DNS rebinding).
 */
export async function secure(server: FastifyInstance, hasToken: boolean): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    referrerPolicy: { policy: 'no-referrer' },
    // The service speaks plain HTTP; HSTS is up to the TLS proxy.
    strictTransportSecurity: false,
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    if (hasToken ? isOfThisSite(request) : isOfThisMachine(request)) return;
    await reply
      .code(421)
      .type('text/plain')
      .send(
        hasToken
          ? 'Requests from other sites are not accepted.\n'
          : 'Without HTTP_TOKEN this server answers only to localhost and 127.0.0.1.\n',
      );
  });
}

function isOfThisMachine({ headers: { host, origin } }: FastifyRequest): boolean {
  const name = AUTHORITY.exec(host ?? '')?.[1];
  if (name === undefined || !isLoopbackHost(name)) return false;
  return origin === undefined || (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname));
}

/** Forms are accepted only from our own pages; reads from anywhere. */
function isOfThisSite({ method, headers: { host, origin } }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD' || origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Responses to requests that never reach a handler. */
export const UNREADABLE_REQUESTS = {
  /** The URL cannot be decoded. */
  frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
    reply.headers(BARE_HEADERS).code(400).type('text/plain').send('The URL is malformed.\n'),
  /** Not HTTP, or too slow. */
  clientErrorHandler: (_error: Error, socket: Socket) => {
    if (!socket.writable) return;
    const headers = Object.entries({ ...BARE_HEADERS, connection: 'close', 'content-length': '0' });
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 400 Bad Request\r\n${lines}\r\n`);
  },
};

/** The plugin's headers, as far as they matter for a response without content. */
const BARE_HEADERS = {
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
