import { createInterface } from 'node:readline';
import { Pool } from 'undici';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createPacer } from '../../../src/pacing/pacer';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';

/** The first argument of the requester program, in JSON. */
export interface RequesterOptions {
  readonly databaseUrl: string;
  readonly poolUrl: string;
  readonly sender: string;
  readonly key: string;
  readonly endpoints: readonly string[];
  readonly scope: 'auto' | 'endpoint' | 'key';
  readonly requestsPerSecond: number;
  /** Requests that wait at the same time, per endpoint. */
  readonly waiters: number;
  readonly totalTimeoutMs: number;
}

/** The requester's answer to `stop`. */
export interface RequesterReport {
  readonly requests: number;
  readonly meanRoundTripMs: number;
}

/** A process that sends requests at the pace that it is given, from `go` to `stop`; then it reports. */
async function main(options: RequesterOptions): Promise<void> {
  const pacing = openPacingDatabase(new Secret(options.databaseUrl));
  const pacer = createPacer({
    database: pacing,
    clock: systemClock,
    requestsPerSecond: options.requestsPerSecond,
    scope: options.scope,
    totalTimeoutMs: options.totalTimeoutMs,
  });
  const pool = new Pool(options.poolUrl, { pipelining: 1, connections: 20 });
  const stopping = new AbortController();
  let requests = 0;
  let roundTripsMs = 0;
  const askForEver = async (endpoint: string): Promise<void> => {
    const bucket = { key: options.key, endpoint };
    while (!stopping.signal.aborted) {
      const permit = await pacer.acquire({ bucket, priority: 1, signal: stopping.signal });
      try {
        if (!permit.use()) continue;
        const sentAtMs = performance.now();
        const answer = await pool.request({ method: 'GET', path: `/${endpoint}?sender=${options.sender}` });
        await answer.body.dump();
        requests += 1;
        roundTripsMs += performance.now() - sentAtMs;
        if (answer.statusCode === 403) pacer.reportThrottled(bucket);
      } finally {
        permit.answered();
      }
    }
  };
  const words = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  process.stdout.write('"ready"\n');
  await words.next();
  const asking = options.endpoints.flatMap((endpoint) =>
    Array.from({ length: options.waiters }, () => askForEver(endpoint).catch(() => undefined)),
  );
  await words.next();
  stopping.abort();
  await Promise.all(asking);
  await pacer.stop();
  await Promise.all([pacing.close(), pool.close()]);
  const report: RequesterReport = { requests, meanRoundTripMs: roundTripsMs / Math.max(1, requests) };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exit(0);
}

void main(JSON.parse(process.argv[2] ?? '{}') as RequesterOptions);
