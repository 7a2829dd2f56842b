import { millisecondsInDay, millisecondsInMinute } from 'date-fns/constants';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * A pool that costs almost nothing, so that a benchmark measures its clients: income prepared beforehand, newest first,
 * signatures not checked, no rate limit.
 *
 *     income-pool.ts ACCOUNTS SUB_ACCOUNTS ROWS MAX_PAGE
 *
 * Each sub-account of an account has that many earnings and as many rewards, of two coins a day. Prints its address and
 * the puids, and answers each line that it reads with the number of requests so far.
 */
const [ACCOUNTS = 1, SUB_ACCOUNTS = 1, ROWS = 0, MAX_PAGE = 100] = process.argv.slice(2).map(Number);
const DAY_MS = millisecondsInDay;
const COINS = ['BTC', 'FB'];
const FIRST_PUID = 100_000;

interface Row {
  readonly minedAtMs: number;
  readonly json: string;
}

function incomeOf(stream: 'earn' | 'reward', puid: number): readonly Row[] {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return Array.from({ length: ROWS }, (_, index) => {
    const minedAtMs = today - (1 + Math.floor(index / COINS.length)) * DAY_MS;
    const own =
      stream === 'earn'
        ? { rejectRate: '0.0157' }
        : { type: index % 2 === 0 ? 'MINING_EARN' : 'FEE_RATE_EARN' };
    const row = {
      amount: `0.0${String(10_000_019 * (index + 1) + puid).padStart(14, '0')}`,
      currency: COINS[index % COINS.length],
      hashRate: '123456789012345',
      hashUnit: 'H',
      miningDate: minedAtMs,
      settleTime: minedAtMs + DAY_MS,
      status: 'SETTLED',
      ...own,
    };
    return { minedAtMs, json: JSON.stringify(row) };
  });
}

const puidsOf = (account: number): number[] =>
  Array.from({ length: SUB_ACCOUNTS }, (_, index) => FIRST_PUID + account * SUB_ACCOUNTS + index);
const ledgers = new Map<string, readonly Row[]>();
for (const puid of Array.from({ length: ACCOUNTS }, (_, account) => puidsOf(account)).flat()) {
  for (const stream of ['earn', 'reward'] as const) ledgers.set(`${stream} ${puid}`, incomeOf(stream, puid));
}

/** Keys are named key-0, key-1, …: the number selects whose sub-accounts are listed. */
function dataFor(path: string, query: URLSearchParams): string {
  const account = Number(query.get('key')?.replace(/^\D+/, ''));
  if (path.endsWith('/algo/query')) return '["SHA256d"]';
  if (path.endsWith('/user/query')) {
    const list = puidsOf(account).map((puid) => ({ puid, pname: `farm ${puid}`, defaultAlgo: 'SHA256d' }));
    return JSON.stringify(list);
  }
  const stream = /\/(earn|reward)\/query$/.exec(path)?.[1];
  if (stream === undefined) return '[]';
  const [from, to] = [Number(query.get('startTime') ?? 0), Number(query.get('endTime') ?? Infinity)];
  const rows = ledgers.get(`${stream} ${query.get('puid')}`) ?? [];
  const first = rows.findIndex(({ minedAtMs }) => minedAtMs <= to);
  const next = rows.findIndex(({ minedAtMs }) => minedAtMs < from);
  const found = first === -1 ? [] : rows.slice(first, next === -1 ? rows.length : next);
  const size = Math.min(MAX_PAGE, Number(query.get('pageSize')));
  const page = Number(query.get('currentPage'));
  const items = found.slice((page - 1) * size, page * size).map(({ json }) => json);
  return `{"currentPage":${page},"items":[${items.join(',')}],"pageSize":${size},"totalNum":${found.length},"totalPage":${Math.ceil(found.length / size)}}`;
}

let requests = 0;
const server = createServer((request, response) => {
  requests += 1;
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pool');
  const body = `{"success":true,"code":"200","msg":"success","retry":false,"data":${dataFor(pathname, searchParams)}}`;
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.end(body);
});
server.keepAliveTimeout = millisecondsInMinute;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, puids: puidsOf(0) })}\n`);
});
createInterface({ input: process.stdin }).on('line', () => process.stdout.write(`${requests}\n`));
