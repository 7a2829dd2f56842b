import type { FastifyError, FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { NO_QUERY } from '../query';
import { Command } from '../view/components';
import { renderPage } from '../view/layout';

/** A page that says why there is none, and what to do. */
function failurePage(title: string, text: string, mend: string | null): string {
  return renderPage({
    title,
    path: null,
    query: NO_QUERY,
    frame: null,
    filters: [],
    hasSession: false,
    body: (
      <section class="failed">
        <div class="verdict bad" role="alert">
          <span class="sign" aria-hidden="true">
            ✕
          </span>
          <div>
            <h1>{title}</h1>
            <p>{text}</p>
            {mend === null ? null : <Command>{mend}</Command>}
          </div>
        </div>
      </section>
    ),
  });
}

/** What is said where a page or a figure cannot be shown; as a page to those who asked for one. */
export function answerFailures(server: FastifyInstance): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const wantsPage = (request.headers.accept ?? '').includes('text/html');
    const invalid = invalidityOf(error);
    const [code, title, text, mend] =
      error.statusCode === 429
        ? ([429, 'Too many attempts', 'Wait a minute and try again.', null] as const)
        : invalid !== null
          ? ([400, 'The address cannot be read', invalid, null] as const)
          : ([
              503,
              'The database does not answer',
              'The database or the queue cannot be asked right now. This page tries again automatically.',
              'kpool check',
            ] as const);
    if (wantsPage)
      return reply
        .code(code)
        .type('text/html; charset=utf-8')
        .send(failurePage(title, text, mend));
    if (request.url.startsWith('/api/')) return reply.code(code).send({ error: title, message: text });
    return reply.code(code).type('text/plain').send(`${title}. ${text}\n`);
  });
  server.setNotFoundHandler((request, reply) => {
    if (request.headers.accept?.includes('text/html') === true)
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(failurePage('There is no such page', 'The navigation leads to those that there are.', null));
    return reply.code(404).type('text/plain').send('There is no such page.\n');
  });
}

/** What is wrong with a query; null when something else is. */
function invalidityOf(error: FastifyError): string | null {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error.statusCode === 400 ? error.message : null;
}
