import { millisecondsInMinute } from 'date-fns/constants';
import formbody from '@fastify/formbody';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Access } from '../access';
import { NO_QUERY } from '../query';
import { renderPage } from '../view/layout';

/** Attempts per address and minute. */
const ATTEMPTS_A_MINUTE = 10;
const FORM = z.object({ token: z.string().max(1_000), next: z.string().max(2_000).default('/') });
const QUERY = z.object({ next: z.string().max(2_000).default('/') });

/** A path on this host, never another host's (open redirect). */
function ownAddress(next: string): string {
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

function renderLogin(next: string, failure: string | null): string {
  return renderPage({
    title: 'Log in',
    path: null,
    query: NO_QUERY,
    frame: null,
    filters: [],
    hasSession: false,
    body: (
      <form class="panel login" method="post" action="/login">
        <h1>Log in</h1>
        {failure === null ? null : (
          <p class="failure" role="alert">
            {failure}
          </p>
        )}
        <label>
          Token <input type="password" name="token" required autoFocus autoComplete="current-password" />
        </label>
        <p class="note">
          It is what <code>HTTP_TOKEN</code> says where the service runs.
        </p>
        <input type="hidden" name="next" value={next} />
        <button type="submit">Log in</button>
      </form>
    ),
  });
}

/** `/login` and `/logout`. Forms of other sites are rejected by their origin. */
export async function serveLogin(server: FastifyInstance, access: Access): Promise<void> {
  await server.register(formbody);
  await server.register(rateLimit, { global: false });
  server.get('/login', { config: { isPublic: true } }, async (request, reply) => {
    const { next } = QUERY.parse(request.query);
    return reply.type('text/html; charset=utf-8').send(renderLogin(ownAddress(next), null));
  });
  server.post(
    '/login',
    { config: { isPublic: true, rateLimit: { max: ATTEMPTS_A_MINUTE, timeWindow: millisecondsInMinute } } },
    async (request, reply) => {
      const form = FORM.safeParse(request.body);
      const next = ownAddress(form.data?.next ?? '/');
      if (!form.success || !access.isToken(form.data.token)) {
        return reply.code(403).type('text/html; charset=utf-8').send(renderLogin(next, 'Wrong token.'));
      }
      access.begin(reply);
      return reply.redirect(next, 303);
    },
  );
  server.post('/logout', async (_request, reply) => {
    access.end(reply);
    return reply.redirect('/login', 303);
  });
}
