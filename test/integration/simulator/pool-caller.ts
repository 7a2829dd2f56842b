import { createHmac } from 'node:crypto';
import { parse } from 'lossless-json';
import { request } from 'undici';
import type { SimCredentials, Simulator } from '../../../src/simulator';

export type Params = Readonly<Record<string, string | number | bigint>>;

/** JSON in which every number is the text of its token. */
export interface Envelope {
  success: boolean;
  code: string;
  msg: string;
  retry: boolean;
  data: unknown;
}

export interface PageData {
  currentPage: string;
  items: Record<string, unknown>[];
  pageSize: string;
  totalNum: string;
  totalPage: string;
}

/** The four parameters that every request carries, signed as the specification says. */
export function signed(simulator: Simulator, credentials: SimCredentials = simulator.accounts[0]!): Params {
  return {
    key: credentials.apiKey,
    passphrase: createHmac('sha256', credentials.apiSecret)
      .update(credentials.apiPassphrase)
      .digest('base64'),
    timestamp: simulator.clock.now(),
    version: 2,
  };
}

export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
}

type QueryParams = Readonly<Record<string, string | number | bigint | readonly string[]>>;

/** The query string; a list repeats its name. */
export function queryOf(params: QueryParams): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const each of Array.isArray(value) ? (value as string[]) : [String(value)]) query.append(name, each);
  }
  return query.toString();
}

/** A GET with exactly these parameters, nothing added. */
export async function send(simulator: Simulator, endpoint: string, params: QueryParams): Promise<RawAnswer> {
  const answer = await request(`${simulator.url}/v1/external/${endpoint}?${queryOf(params)}`, {
    headers: { 'content-type': 'application/json' },
    headersTimeout: 5_000,
    bodyTimeout: 5_000,
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  };
}

export function envelopeOf(bytes: Buffer): Envelope {
  return parse(bytes.toString('utf8'), null, (digits) => digits) as Envelope;
}

/** A signed GET and its envelope. */
export async function call(simulator: Simulator, endpoint: string, params: Params = {}): Promise<Envelope> {
  const answer = await send(simulator, endpoint, { ...signed(simulator), ...params });
  return envelopeOf(answer.bytes);
}

/** Every item of a paged list, page by page to the last; fails when the pages do not hold `totalNum` items. */
export async function walk(
  simulator: Simulator,
  endpoint: string,
  params: Params,
): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let page = 1; page <= 10_000; page += 1) {
    const { data } = await call(simulator, endpoint, { pageSize: 100, ...params, currentPage: page });
    const { items: served, totalNum } = data as PageData;
    items.push(...served);
    if (served.length === 0 || items.length >= Number(totalNum)) return items;
  }
  throw new Error('The list does not end.');
}
