import type { FastifyError, FastifyInstance } from 'fastify';
import { ZodError } from 'zod';
import { KpoolError } from '../../core/errors';
import { classifyDatabaseError, isDatabaseError } from '../../core/postgres/errors';
import { NO_QUERY } from '../query';
import { Command } from '../view/components';
import { renderPage } from '../view/layout';

/** An error page that says what to do. */
function renderFailure(title: string, text: string, fix: string | null): string {
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

/** The content of an error response. */
interface Failure {
  readonly status: number;
  readonly title: string;
  readonly text: string;
  /** A command to run. */
  readonly fix: string | null;
}

const TOO_MANY: Failure = {
  status: 429,
  title: 'Too many attempts',
  text: 'Wait a minute and try again.',
  fix: null,
};
const AWAY: Failure = {
  status: 503,
  title: 'The database does not answer',
  text: 'The database or the queue is unavailable. This page reloads automatically.',
  fix: 'kpool check',
};
/** SQLSTATE of a statement that ran past its time limit. */
const STATEMENT_TOO_LONG = '57014';
const SLOW: Failure = {
  status: 503,
  title: 'This takes too long',
  text: 'The database did not answer in time. Choose a shorter period, or try again later.',
  fix: null,
};
const UNEXPECTED: Failure = {
  status: 500,
  title: 'Internal error',
  text: 'The program failed unexpectedly; the log has the details.',
  fix: 'kpool check',
};

/** Error responses: an HTML page if the client accepts HTML, otherwise JSON or text. */
export function answerFailures(server: FastifyInstance, reportFailure: (failure: KpoolError) => void): void {
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const wantsPage = (request.headers.accept ?? '').includes('text/html');
    const { status: code, title, text, fix } = failureOf(error, reportFailure);
    if (wantsPage)
      return reply
        .code(code)
        .type('text/html; charset=utf-8')
        .send(renderFailure(title, text, fix));
    if (request.url.startsWith('/api/')) return reply.code(code).send({ error: title, message: text });
    return reply.code(code).type('text/plain').send(`${title}. ${text}\n`);
  });
  server.setNotFoundHandler((request, reply) => {
    if (request.headers.accept?.includes('text/html') === true)
      return reply
        .code(404)
        .type('text/html; charset=utf-8')
        .send(renderFailure('Page not found', 'The navigation above lists all pages.', null));
    if (request.url.startsWith('/api/'))
      return reply.code(404).send({ error: 'Not found', message: 'There is no such address.' });
    return reply.code(404).type('text/plain').send('Page not found.\n');
  });
}

function failureOf(error: FastifyError, reportFailure: (failure: KpoolError) => void): Failure {
  if (error.statusCode === 429) return TOO_MANY;
  const invalid = invalidityOf(error);
  if (invalid !== null) {
    const status = error instanceof ZodError ? 400 : (error.statusCode ?? 400);
    return { status, title: 'Invalid request', text: invalid, fix: null };
  }
  if (error.code === STATEMENT_TOO_LONG) return SLOW;
  const failure = isDatabaseError(error)
    ? classifyDatabaseError(error)
    : new KpoolError('broken-promise', `The program failed in an unexpected way: ${error.message}`, {
        cause: error,
      });
  if (failure.code.startsWith('database.') && failure.code !== 'database.rejected') return AWAY;
  reportFailure(failure);
  return UNEXPECTED;
}

/** What is invalid about a request; null if it is another error. */
function invalidityOf(error: FastifyError): string | null {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  const { statusCode = 500 } = error;
  return statusCode >= 400 && statusCode < 500 ? error.message : null;
}
