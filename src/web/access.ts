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
    /** Answers to everybody: it has nothing to hide. */
    readonly isPublic?: boolean;
  }
}

export interface Access {
  /** Whether a request brings the token, or the cookie of a session; without a token everybody may enter. */
  mayEnter(request: FastifyRequest): boolean;
  /** A session that began with the login page. */
  hasSession(request: FastifyRequest): boolean;
  isToken(presented: string): boolean;
  begin(reply: FastifyReply): void;
  end(reply: FastifyReply): void;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Lets in who brings the token: machines as `Authorization: Bearer …`, people by a session cookie that the login page
 * sets. The cookie says until when it counts, signed with a key that is made from the token: another token ends all sessions,
 * a restart none.
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
        .send('HTTP_TOKEN is needed.\n');
  });
  return access;
}
