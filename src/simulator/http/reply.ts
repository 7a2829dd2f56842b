import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { Fault } from '../faults';
import { formatRefusal, describeRefusal } from './envelope';

/** The pool's normal response. */
export interface Reply {
  readonly httpStatus: number;
  readonly code: string | null;
  readonly body: string;
}

/** One request and what is needed to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The pool's time for the `Date` header, ms since the epoch. */
  readonly poolTimeMs: number;
  readonly sleep: (ms: number) => Promise<void>;
}

const JSON_TYPE = 'application/json;charset=UTF-8';
const HTML_TYPE = 'text/html;charset=UTF-8';
const CHUNK = 'x'.repeat(64 * 1024);

type Headers = Readonly<Record<string, string>>;

function writeHead(
  exchange: Exchange,
  status: number,
  contentType: string | null,
  headers: Headers = {},
): void {
  const { response, poolTimeMs } = exchange;
  response.sendDate = false;
  response.writeHead(status, {
    Date: new Date(poolTimeMs).toUTCString(),
    ...(contentType === null ? {} : { 'Content-Type': contentType }),
    ...headers,
  });
}

function writeReply(
  exchange: Exchange,
  status: number,
  body: string | Buffer,
  contentType: string | null,
  headers: Headers = {},
): void {
  writeHead(exchange, status, contentType, { 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  exchange.response.end(body);
}

/** Sends the whole response. */
export function sendReply(exchange: Exchange, { httpStatus, body }: Reply): void {
  writeReply(exchange, httpStatus, body, body === '' ? null : JSON_TYPE);
}

/** Sends headers for the whole body, and its first half; `then` decides about the rest. */
function sendHalf(exchange: Exchange, { httpStatus, body }: Reply, then: () => void): void {
  const bytes = Buffer.from(body);
  writeHead(exchange, httpStatus, JSON_TYPE, { 'Content-Length': String(bytes.length) });
  exchange.response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), then);
}

function* hugeBody(bytes: number): Generator<string> {
  yield '{"success":true,"code":"200","msg":"';
  for (let sent = 0; sent < bytes; sent += CHUNK.length) yield CHUNK;
  yield '","retry":false,"data":[]}';
}

function htmlPage(title: string): string {
  return `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
}

/** The logged response of a fault; null if the fault sends the normal response or none. */
export function replyOfFault(fault: Fault): Reply | null {
  switch (fault.kind) {
    case 'http': {
      const code = fault.code ?? String(fault.status);
      const body = {
        json: formatRefusal(code, describeRefusal(code), false),
        html: htmlPage(`Error ${fault.status}`),
        empty: '',
      }[fault.body ?? 'json'];
      return { httpStatus: fault.status, code: (fault.body ?? 'json') === 'json' ? code : null, body };
    }
    case 'code':
      return {
        httpStatus: fault.httpStatus ?? 200,
        code: fault.code,
        body: formatRefusal(fault.code, describeRefusal(fault.code), fault.retry ?? false),
      };
    case 'maintenance':
      return { httpStatus: 503, code: null, body: htmlPage('The pool is under maintenance') };
    case 'redirect':
      return { httpStatus: fault.status ?? 302, code: null, body: '' };
    case 'body':
      return {
        httpStatus: 200,
        code: null,
        body: fault.text ?? 'upstream connect error or disconnect/reset',
      };
    case 'hang':
      return { httpStatus: 0, code: null, body: '' };
    case 'reset':
      return fault.at === 'headers' ? { httpStatus: 0, code: null, body: '' } : null;
    case 'delay':
    case 'hang-in-body':
    case 'truncate':
    case 'rewrite':
    case 'bom':
    case 'gzip':
    case 'huge':
    case 'content-type':
      return null;
  }
}

/** Responds with the fault. `reply` is the result of `replyOfFault`, or the normal response. */
export async function sendFault(exchange: Exchange, fault: Fault, reply: Reply): Promise<void> {
  if (isDisturbance(fault)) {
    await sendDisturbed(exchange, fault, reply);
    return;
  }
  const { body, contentType = null, headers } = wholeResponseTo(fault, reply);
  writeReply(exchange, reply.httpStatus, body, contentType, headers);
}

const DISTURBANCES = ['delay', 'hang', 'hang-in-body', 'truncate', 'reset', 'huge'] as const;
/** A fault in how the response arrives. */
type Disturbance = Extract<Fault, { readonly kind: (typeof DISTURBANCES)[number] }>;

function isDisturbance(fault: Fault): fault is Disturbance {
  return DISTURBANCES.some((kind) => kind === fault.kind);
}

interface WholeResponse {
  readonly body: string | Buffer;
  readonly contentType?: string;
  readonly headers?: Headers;
}

/** What is sent at once and completely. */
function wholeResponseTo(fault: Exclude<Fault, Disturbance>, { body }: Reply): WholeResponse {
  const contentType = JSON_TYPE;
  switch (fault.kind) {
    case 'http':
      return {
        body,
        contentType: fault.body === 'html' ? HTML_TYPE : JSON_TYPE,
        headers: fault.headers ?? {},
      };
    case 'code':
      return { body, contentType };
    case 'maintenance': {
      const { retryAfterS } = fault;
      return {
        body,
        contentType: HTML_TYPE,
        headers: retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) },
      };
    }
    case 'body':
      return { body, contentType: fault.contentType ?? JSON_TYPE };
    case 'rewrite':
      return { body: fault.rewrite(body), contentType };
    case 'bom':
      return { body: `\uFEFF${body}`, contentType };
    case 'gzip':
      return { body: gzipSync(body), contentType, headers: { 'Content-Encoding': 'gzip' } };
    case 'redirect':
      return { body: '', headers: { Location: fault.location } };
    case 'content-type':
      return { body, contentType: fault.value };
  }
}

/** Sends late, not at all, or only a part. */
async function sendDisturbed(exchange: Exchange, fault: Disturbance, reply: Reply): Promise<void> {
  const { response, request } = exchange;
  switch (fault.kind) {
    case 'delay':
      await exchange.sleep(fault.ms);
      sendReply(exchange, reply);
      return;
    case 'hang-in-body':
      sendHalf(exchange, reply, () => undefined);
      return;
    case 'truncate':
      if (fault.framing === 'intact') {
        sendReply(exchange, { ...reply, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) });
      } else {
        sendHalf(exchange, reply, () => request.socket.destroy());
      }
      return;
    case 'reset':
      if (fault.at === 'headers') request.socket.resetAndDestroy();
      else sendHalf(exchange, reply, () => request.socket.resetAndDestroy());
      return;
    case 'huge':
      writeHead(exchange, 200, JSON_TYPE);
      Readable.from(hugeBody(fault.bytes))
        .on('error', () => undefined)
        .pipe(response);
      return;
    case 'hang':
      return;
  }
}
