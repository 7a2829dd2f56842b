import { ProxyAgent, request } from 'undici';
import type { Secret } from '../core/secret';

/** From the start to the last byte of the response, ms. */
export const WEBHOOK_TIMEOUT_MS = 10_000;

export interface Webhook {
  /**
   * Posts a JSON body once. Resolves to null if it was accepted (HTTP 2xx), otherwise to the reason, without the address,
   * which is secret (P10). Never rejects.
   */
  send(body: unknown): Promise<string | null>;
}

/** Describes a failure below HTTP by its code only, since its message may contain the address. */
function describeDeliveryFailure(error: unknown): string {
  const { name, code } = readErrorNames(error);
  const refusal = error instanceof Error ? /^Proxy response \((\d{3})\)/.exec(error.message)?.[1] : undefined;
  if (refusal !== undefined) return `the proxy on the way answered with HTTP ${refusal}`;
  if (name === 'TimeoutError' || name === 'AbortError' || /^UND_ERR_\w*TIMEOUT$/.test(code ?? '')) {
    return 'it did not answer in time';
  }
  return code === null ? 'it failed' : `it failed with ${code}`;
}

function readErrorNames(error: unknown): { readonly name: unknown; readonly code: string | null } {
  if (typeof error !== 'object' || error === null) return { name: null, code: null };
  const { name, code, errors } = error as { name?: unknown; code?: unknown; errors?: unknown };
  if (typeof code === 'string' && /^\w{1,60}$/.test(code)) return { name, code };
  // A host with several addresses fails with one error per address.
  return { name, code: Array.isArray(errors) ? readErrorNames(errors[0]).code : null };
}

export interface WebhookOptions {
  /** Aborts a request in progress. */
  readonly stop?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** The proxy, `http://user:password@host:port`; omitted: none. */
  readonly proxy?: Secret | null;
}

/** Follows no redirects, since the user did not configure their target. */
export function createWebhook(url: Secret, options: WebhookOptions = {}): Webhook {
  const { stop, timeoutMs = WEBHOOK_TIMEOUT_MS, proxy = null } = options;
  const dispatcher = proxy === null ? null : new ProxyAgent({ uri: proxy.reveal(), proxyTunnel: false });
  return {
    async send(body) {
      try {
        const { statusCode, body: answer } = await request(url.reveal(), {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'kpool' },
          body: JSON.stringify(body),
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(stop === undefined ? [] : [stop])]),
          ...(dispatcher === null ? {} : { dispatcher }),
        });
        // The body is not needed; a long one is not read to the end.
        await answer.dump();
        return statusCode >= 200 && statusCode < 300 ? null : `it answered with HTTP ${statusCode}`;
      } catch (error) {
        return describeDeliveryFailure(error);
      }
    },
  };
}
