import { millisecondsInMinute } from 'date-fns/constants';
import { request } from 'undici';
import type { z } from 'zod';
import { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';

/** From the start to the last byte of a response, ms. Includes Metabase's own attempt to connect to a database. */
const TIMEOUT_MS = millisecondsInMinute;
const MAX_ANSWER_CHARACTERS = 300;

type Method = 'GET' | 'POST' | 'PUT';

/** The caller: an API key, or the session of a logged-in user. */
export type MetabaseIdentity =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'key'; readonly key: Secret }
  | { readonly kind: 'session'; readonly session: Secret };

function headersOf(identity: MetabaseIdentity): Record<string, string> {
  switch (identity.kind) {
    case 'nobody':
      return {};
    case 'key':
      return { 'x-api-key': identity.key.reveal() };
    case 'session':
      return { 'x-metabase-session': identity.session.reveal() };
  }
}

/** A client of Metabase's API. Source: its OpenAPI document, docs/api.json in the repository metabase/metabase. */
export class MetabaseClient {
  constructor(
    private readonly origin: string,
    private readonly identity: MetabaseIdentity,
    private readonly signal: AbortSignal,
  ) {}

  as(identity: MetabaseIdentity): MetabaseClient {
    return new MetabaseClient(this.origin, identity, this.signal);
  }

  /** Throws `metabase.unreachable`, `metabase.refused` for an unexpected response, and `aborted`. */
  async ask<Schema extends z.ZodType>(
    schema: Schema,
    method: Method,
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema>> {
    const { statusCode, text } = await this.send(method, path, body);
    if (statusCode === 401 || statusCode === 403) {
      throw new KpoolError('metabase.refused', `Metabase does not let this user ${whatFor(method, path)}.`, {
        hint: 'Use an API key of the group Administrators (Admin > Settings > Authentication > API keys), or the e-mail and password of an administrator.',
      });
    }
    if (statusCode < 200 || statusCode >= 300) {
      throw new KpoolError(
        'metabase.refused',
        `Metabase refused ${whatFor(method, path)} with HTTP ${statusCode}: ${text.slice(0, MAX_ANSWER_CHARACTERS)}`,
        {
          hint: 'Its own log says more. Correct what it names, and run the command again: what was made stays.',
        },
      );
    }
    const read = schema.safeParse(parseBody(text));
    if (read.success) return read.data;
    throw new KpoolError(
      'metabase.refused',
      `The answer to ${whatFor(method, path)} is not what Metabase's API describes (${read.error.issues[0]?.path.join('.') ?? ''}: ${read.error.issues[0]?.message ?? ''}).`,
      { hint: 'Check that --url leads to a Metabase of version 50 or later, and to nothing in between.' },
    );
  }

  private async send(
    method: Method,
    path: string,
    body: unknown,
  ): Promise<{ readonly statusCode: number; readonly text: string }> {
    try {
      const answer = await request(`${this.origin}${path}`, {
        method,
        headers: {
          ...headersOf(this.identity),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          'user-agent': 'kpool',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      return { statusCode: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      if (this.signal.aborted) throw new KpoolError('aborted', 'Stopped on request.');
      throw new KpoolError('metabase.unreachable', `Metabase at ${this.origin} ${describeFailure(error)}.`, {
        hint: 'Check that it runs (a new one takes a minute to start), and the address after --url.',
      });
    }
  }
}

const whatFor = (method: Method, path: string): string => `${method} ${path.split('?')[0] ?? path}`;

/** Only the code of undici's errors is shown, since they may contain the request and its key (P10). */
function describeFailure(error: unknown): string {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (name === 'TimeoutError' || (typeof code === 'string' && code.includes('TIMEOUT')))
    return `did not answer within ${TIMEOUT_MS / 1_000} s`;
  return typeof code === 'string' ? `cannot be reached (${code})` : 'cannot be reached';
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
