import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { systemClock } from '../../../src/core/clock';
import type { PacedBucket, Pacer } from '../../../src/core/pacer';
import { Secret } from '../../../src/core/secret';
import type { PoolAttempt, PoolClient, PoolClientOptions } from '../../../src/kucoin';
import { createPoolClient } from '../../../src/kucoin';

/** What the running test has opened; it is closed afterwards in any case. */
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((thing) => thing.close()));
});

/** Answers the n-th request (1, 2, …) that the pool receives. */
type Script = (request: IncomingMessage, response: ServerResponse, n: number) => void;

/** A loopback server that answers as the test decides, for answers that the simulator never gives. */
interface ScriptedPool {
  readonly url: string;
  /** Paths with their queries, in the order of their arrival. */
  readonly paths: readonly string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startScriptedPool(script: Script): Promise<ScriptedPool> {
  const paths: string[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    script(request, response, paths.length);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const pool: ScriptedPool = {
    url: `http://127.0.0.1:${port}`,
    paths,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  opened.push(pool);
  return pool;
}

export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function answer(response: ServerResponse, body: string | Buffer, options: AnswerOptions = {}): void {
  response.writeHead(options.status ?? 200, { 'content-type': 'application/json', ...options.headers });
  response.end(body);
}

/** The JSON text of a successful answer around JSON text. */
export const success = (data: string): string =>
  `{"success":true,"code":"200","msg":"success","retry":false,"data":${data}}`;

export const failure = (code: string, retry = false): string =>
  `{"success":false,"code":${JSON.stringify(code)},"msg":"no","retry":${retry},"data":null}`;

/** The JSON text of a page that holds all of `items` (JSON texts). */
export const page = (items: readonly string[], totalNum = String(items.length)): string =>
  success(
    `{"currentPage":1,"items":[${items.join(',')}],"pageSize":50,"totalNum":${totalNum},"totalPage":1}`,
  );

export const CREDENTIALS = {
  apiKey: new Secret('64b7c0ffee0123456789abcd'),
  apiSecret: new Secret('5e0d2c1b-9f8e/7d6c+5b4a=390817'),
  apiPassphrase: new Secret('open sesame & more/+='),
};

interface OpenPacer extends Pacer {
  acquire: Pacer['acquire'];
  acquired: number;
  used: number;
  answered: number;
  throttled: PacedBucket[];
  /** Keys whose uncertain reports were retracted. */
  takenBack: string[];
}

/** A pacer that counts, and delays nothing. */
function openPacer(): OpenPacer {
  const pacer: OpenPacer = {
    acquired: 0,
    used: 0,
    answered: 0,
    throttled: [],
    takenBack: [],
    acquire: () => {
      pacer.acquired++;
      return Promise.resolve({
        use: () => {
          pacer.used++;
          return true;
        },
        answered: () => {
          pacer.answered++;
        },
      });
    },
    reportThrottled: (bucket) => {
      pacer.throttled.push(bucket);
    },
    retractUncertainReports: (key) => {
      pacer.takenBack.push(key);
    },
  };
  return pacer;
}

const FAST = { firstDelayMs: 1, maxDelayMs: 2, factor: 1 };
const QUICK_CIRCUIT = {
  pause: { maintenance: FAST, throttled: FAST, refused: FAST },
  failureThreshold: 3,
  longestPauseMs: HOUR_MS,
};

/** A client whose retries take milliseconds, and every event that it reported. */
export function createTestClient(
  url: string,
  options: Partial<PoolClientOptions> = {},
): PoolClient & { pacer: OpenPacer; attempts: PoolAttempt[] } {
  const pacer = openPacer();
  const attempts: PoolAttempt[] = [];
  const client = createPoolClient({
    baseUrl: url,
    credentials: CREDENTIALS,
    pacer,
    clock: systemClock,
    random: () => 0.5,
    onAttempt: (attempt) => attempts.push(attempt),
    ...options,
    retries: { backoff: FAST, throttled: FAST, circuit: QUICK_CIRCUIT, ...options.retries },
  });
  opened.push(client);
  return { ...client, pacer, attempts };
}

export const CALL = { priority: 1 };
