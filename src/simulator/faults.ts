import type { PoolEndpoint } from '../core/pool-endpoint';
import type { RequestLogEntry } from './request-log';

/** What can go wrong between a client and the pool. */
export type Fault =
  /** An HTTP status; `json` is an envelope with `code`, or with the status as code. */
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly body?: 'json' | 'html' | 'empty';
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** HTTP 200 (or `httpStatus`), `success: false` and a system code. */
  | { readonly kind: 'code'; readonly code: string; readonly retry?: boolean; readonly httpStatus?: number }
  /** The sound answer, later. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer at all; the connection stays open. */
  | { readonly kind: 'hang' }
  /** Headers and half of the body, then nothing; the connection stays open. */
  | { readonly kind: 'hang-in-body' }
  /** Half of the body: the connection ends early (`broken`), or the length says that this is all (`intact`). */
  | { readonly kind: 'truncate'; readonly framing?: 'broken' | 'intact' }
  /** The connection is reset, before anything was sent or in the middle of the body. */
  | { readonly kind: 'reset'; readonly at: 'headers' | 'body' }
  /** HTTP 200 with a body of the test's choice instead of the answer; nonsense unless given. */
  | { readonly kind: 'body'; readonly text?: string; readonly contentType?: string }
  /** The sound answer, its JSON text changed. */
  | { readonly kind: 'rewrite'; readonly rewrite: (json: string) => string }
  | { readonly kind: 'bom' }
  | { readonly kind: 'gzip' }
  /** A sound envelope of at least so many bytes. */
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** The sound answer under another content type. */
  | { readonly kind: 'content-type'; readonly value: string }
  /** HTTP 503 with an HTML page, `Retry-After` when given. */
  | { readonly kind: 'maintenance'; readonly retryAfterS?: number };

type FaultTarget = PoolEndpoint | '*';
type FaultRule = (request: RequestLogEntry) => Fault | undefined;

/** Which requests go wrong. A request that was turned away for coming too fast uses up no fault. */
export class Faults {
  #queue: { target: FaultTarget; fault: Fault; left: number }[] = [];
  #rules: FaultRule[] = [];

  /** The next `times` requests of an endpoint go wrong; several calls queue up. */
  next(target: FaultTarget, fault: Fault, times = 1): void {
    this.#queue.push({ target, fault, left: times });
  }

  /** Asked for every request that no `next` is waiting for; returns how to stop asking. */
  when(rule: FaultRule): () => void {
    this.#rules.push(rule);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== rule);
    };
  }

  clear(): void {
    this.#queue = [];
    this.#rules = [];
  }

  /** The fault for this request, used up. */
  take(request: RequestLogEntry): Fault | undefined {
    const waiting = this.#queue.find(({ target }) => target === '*' || target === request.endpoint);
    if (waiting !== undefined) {
      waiting.left -= 1;
      if (waiting.left <= 0) this.#queue = this.#queue.filter((other) => other !== waiting);
      return waiting.fault;
    }
    for (const rule of this.#rules) {
      const fault = rule(request);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}
