import { request } from 'undici';
import type { Secret } from '../core/secret';

/** From the start until the last byte of the answer, ms. */
export const WEBHOOK_TIMEOUT_MS = 10_000;

/** Somebody who wants to be told. */
export interface Webhook {
  /**
   * Posts a JSON body, once. Resolves to null when it was taken (HTTP 2xx), else to why not, in words that tell nothing
   * of the address: it is a secret (P10). Never rejects.
   */
  send(body: unknown): Promise<string | null>;
}

/** A failure below HTTP: only the name of its code is told, since its message may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return `it did not answer within ${WEBHOOK_TIMEOUT_MS / 1_000} s`;
  }
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code: unknown = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? `it failed with ${code}` : 'it failed';
}

/** Follows no redirect: the address it leads to was not given by the user. */
export function createWebhook(url: Secret, timeoutMs = WEBHOOK_TIMEOUT_MS): Webhook {
  return {
    async send(body) {
      try {
        const { statusCode, body: answer } = await request(url.reveal(), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'kpool' },
          body: JSON.stringify(body),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal: AbortSignal.timeout(timeoutMs),
        });
        // What it says is not needed; a long answer is not read to its end.
        await answer.dump();
        return statusCode >= 200 && statusCode < 300 ? null : `it answered with HTTP ${statusCode}`;
      } catch (error) {
        return reasonOf(error);
      }
    },
  };
}
