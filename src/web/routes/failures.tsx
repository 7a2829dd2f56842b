import type { FastifyError, FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { NO_QUERY } from '../query';
import { Command } from '../view/components';
import { renderPage } from '../view/layout';

/** An error page that says what to do. */
function failurePage(title: string, text: string, fix: string | null): string {
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
            {fix === null ? null : <Command>{fix}</Command>}
          </div>
        </div>
      </section>
    ),
  });
}

/** Error responses: an HTML page if the client accepts HTML, otherwise JSON or text. */
export function answerFailures(server: FastifyInstance): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const wantsPage = (request.headers.accept ?? '').includes('text/html');
    const invalid = invalidityOf(error);
    const [code, title, text, fix] =
      error.statusCode === 429
        ? ([429, 'Too many attempts', 'Wait a minute and try again.', null] as const)
        : invalid !== null
          ? ([400, 'Invalid request', invalid, null] as const)
          : ([
              503,
              'The database does not answer',
              'The database or the queue is unavailable. This page reloads automatically.',
              'kpool check',
            ] as const);
    if (wantsPage)
      return reply
        .code(code)
        .type('text/html; charset=utf-8')
        .send(failurePage(title, text, fix));
    if (request.url.startsWith('/api/')) return reply.code(code).send({ error: title, message: text });
    return reply.code(code).type('text/plain').send(`${title}. ${text}\n`);
  });
  server.setNotFoundHandler((request, reply) => {
    if (request.headers.accept?.includes('text/html') === true)
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(failurePage('Page not found', 'The navigation above lists all pages.', null));
    return reply.code(404).type('text/plain').send('Page not found.\n');
  });
}

/** What is invalid about a request; null if it is another error. */
function invalidityOf(error: FastifyError): string | null {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error.statusCode === 400 ? error.message : null;
}
