import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { isLoopbackHost } from '../core/loopback';

/**
 * Scripts and style sheets are this host's own files; nothing else is loaded, framed or sent anywhere. Attributes `style`
 * are allowed: charts, which place what they draw, consist of them.
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
/** An address with a port, as `Host` carries it. */
const AUTHORITY = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i;

/**
 * Puts the security headers on every answer. Without a token, whoever reaches the address may look: then it answers to the
 * names of this machine only, so that no page of another site reads it by a name of its own that leads here (DNS rebinding).
 */
export async function secure(server: FastifyInstance, hasToken: boolean): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: DIRECTIVES },
    referrerPolicy: { policy: 'no-referrer' },
    // The service speaks plain HTTP; whoever puts TLS before it decides for how long.
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
          ? 'Another site may not send this.\n'
          : 'Without HTTP_TOKEN this page answers to localhost and 127.0.0.1 only.\n',
      );
  });
}

function isOfThisMachine({ headers: { host, origin } }: FastifyRequest): boolean {
  const name = AUTHORITY.exec(host ?? '')?.[1];
  if (name === undefined || !isLoopbackHost(name)) return false;
  return origin === undefined || (URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname));
}

/** What only reads is for everyone who may enter; a form is taken from our own pages alone. */
function isOfThisSite({ method, headers: { host, origin } }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD' || origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Answers to what is no request that a handler could see. */
export const UNREADABLE_REQUESTS = {
  /** An address that cannot be decoded. */
  frameworkErrors: (_error: unknown, _request: FastifyRequest, reply: FastifyReply) =>
    reply.headers(BARE_HEADERS).code(400).type('text/plain').send('The address cannot be read.\n'),
  /** What is not HTTP, or does not come in time. */
  clientErrorHandler: (_error: Error, socket: Socket) => {
    if (!socket.writable) return;
    const headers = Object.entries({ ...BARE_HEADERS, connection: 'close', 'content-length': '0' });
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.end(`HTTP/1.1 400 Bad Request\r\n${lines}\r\n`);
  },
};

/** What the plugin would set, as far as it matters for an answer without content. */
const BARE_HEADERS = {
  'content-security-policy': "default-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
