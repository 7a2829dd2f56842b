import cookie from '@fastify/cookie';
import { hoursToMilliseconds } from 'date-fns/hoursToMilliseconds';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock';
import type { Secret } from '../core/secret';

const COOKIE = 'kpool_session';
const SESSION_MS = hoursToMilliseconds(12);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Public: needs no token. */
    readonly isPublic?: boolean;
  }
}

export interface Access {
  /** Whether a request has the token or a session cookie. Always true if no token is configured. */
  mayEnter(request: FastifyRequest): boolean;
  /** Session cookies, set by the login page. */
  hasSession(request: FastifyRequest): boolean;
  isToken(presented: string): boolean;
  begin(reply: FastifyReply): void;
  end(reply: FastifyReply): void;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Access control by token: programs send `Authorization: Bearer …`, people get a session cookie from the login page. The
 * cookie contains its expiry, signed with a key derived from the token, so sessions survive a restart and end when the token
 * changes.
 */
export async function guardAccess(
  server: FastifyInstance,
  token: Secret | null,
  clock: Pick<Clock, 'now'>,
): Promise<Access> {
  const key = createHmac('sha256', token?.reveal() ?? randomBytes(32))
    .update('kpool session')
    .digest('hex');
  await server.register(cookie, { secret: key });
  const isToken = (presented: string): boolean =>
    token !== null && timingSafeEqual(digest(presented), digest(token.reveal()));
  const hasSession = (request: FastifyRequest): boolean => {
    const signed = request.cookies[COOKIE];
    if (token === null || signed === undefined) return false;
    const { valid, value } = request.unsignCookie(signed);
    return valid && Number(value.split('.')[0]) > clock.now();
  };
  const access: Access = {
    isToken,
    hasSession,
    mayEnter(request) {
      if (token === null) return true;
      const [scheme = '', presented = ''] = (request.headers.authorization ?? '').split(' ', 2);
      return (scheme.toLowerCase() === 'bearer' && isToken(presented)) || hasSession(request);
    },
    begin: (reply) =>
      void reply.setCookie(COOKIE, `${clock.now() + SESSION_MS}.${randomBytes(9).toString('hex')}`, {
        signed: true,
        httpOnly: true,
        sameSite: 'strict',
        secure: 'auto',
        path: '/',
        maxAge: SESSION_MS / 1_000,
      }),
    end: (reply) => void reply.clearCookie(COOKIE, { path: '/' }),
  };
  server.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.isPublic === true || access.mayEnter(request)) return;
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (wantsPage) await reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
    else
      await reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .type('text/plain')
        .send('HTTP_TOKEN is required.\n');
  });
  return access;
}
