import type { PoolEndpoint } from '../core/pool-endpoint';
import type { RequestLogEntry } from './request-log';

/** A fault between a client and the pool. */
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
  /** The normal response, delayed. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No response; the connection stays open. */
  | { readonly kind: 'hang' }
  /** Headers and half of the body, then nothing; the connection stays open. */
  | { readonly kind: 'hang-in-body' }
  /** Half of the body: the connection ends early (`broken`), or the length says that this is all (`intact`). */
  | { readonly kind: 'truncate'; readonly framing?: 'broken' | 'intact' }
  /** The connection is reset, before anything was sent or in the middle of the body. */
  | { readonly kind: 'reset'; readonly at: 'headers' | 'body' }
  /** HTTP 200 with a body chosen by the test; garbage by default. */
  | { readonly kind: 'body'; readonly text?: string; readonly contentType?: string }
  /** The normal response with its JSON text changed. */
  | { readonly kind: 'rewrite'; readonly rewrite: (json: string) => string }
  | { readonly kind: 'bom' }
  | { readonly kind: 'gzip' }
  /** A valid envelope of at least this many bytes. */
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** The normal response with another content type. */
  | { readonly kind: 'content-type'; readonly value: string }
  /** HTTP 503 with an HTML page, `Retry-After` when given. */
  | { readonly kind: 'maintenance'; readonly retryAfterS?: number };

type FaultTarget = PoolEndpoint | '*';
type FaultRule = (request: RequestLogEntry) => Fault | undefined;

/** Which requests fail. A throttled request does not consume a fault. */
export class Faults {
  private queue: { target: FaultTarget; fault: Fault; left: number }[] = [];
  private rules: FaultRule[] = [];

  /** Makes the next `times` requests of an endpoint fail; several calls queue up. */
  next(target: FaultTarget, fault: Fault, times = 1): void {
    this.queue.push({ target, fault, left: times });
  }

  /** Called for every request without a queued fault; returns a function that stops it. */
  when(rule: FaultRule): () => void {
    this.rules.push(rule);
    return () => {
      this.rules = this.rules.filter((other) => other !== rule);
    };
  }

  clear(): void {
    this.queue = [];
    this.rules = [];
  }

  /** Takes the fault for this request. */
  take(request: RequestLogEntry): Fault | undefined {
    const waiting = this.queue.find(({ target }) => target === '*' || target === request.endpoint);
    if (waiting !== undefined) {
      waiting.left -= 1;
      if (waiting.left <= 0) this.queue = this.queue.filter((other) => other !== waiting);
      return waiting.fault;
    }
    for (const rule of this.rules) {
      const fault = rule(request);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}
