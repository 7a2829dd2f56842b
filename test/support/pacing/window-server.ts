import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

interface Arrival {
  readonly atMs: number;
  /** The path; each path has its own limit. */
  readonly bucket: string;
  /** The name of the sender. */
  readonly sender: string;
}

/** A pool that only counts: more than `limit` arrivals in any window of one bucket are refused with 403. */
export interface WindowServer {
  readonly url: string;
  readonly arrivals: readonly Arrival[];
  rejected(): number;
  /** The most arrivals of one bucket in any window, the refused ones included. */
  mostInAWindow(): number;
  close(): Promise<void>;
}

const WINDOW_MS = 1_000;

/** `roundTripMs` is the whole delay of a request; it arrives somewhere in it. `random` is in [0, 1). */
export async function startWindowServer(options: {
  readonly limit: number;
  readonly roundTripMs: () => number;
  readonly random: () => number;
  /** A second by default. */
  readonly windowMs?: number;
}): Promise<WindowServer> {
  const { windowMs = WINDOW_MS } = options;
  const arrivals: Arrival[] = [];
  const recent = new Map<string, number[]>();
  let rejected = 0;
  const server = createServer({ keepAlive: true }, (request, response) => {
    void (async () => {
      const roundTripMs = options.roundTripMs();
      const before = roundTripMs * options.random();
      if (before > 0) await sleep(before);
      const atMs = performance.now();
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pool');
      arrivals.push({ atMs, bucket: pathname, sender: searchParams.get('sender') ?? '' });
      const window = (recent.get(pathname) ?? []).filter((other) => other > atMs - windowMs);
      recent.set(pathname, [...window, atMs]);
      if (window.length >= options.limit) rejected += 1;
      if (roundTripMs > before) await sleep(roundTripMs - before);
      response.writeHead(window.length >= options.limit ? 403 : 200).end('{}');
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    rejected: () => rejected,
    mostInAWindow: () => mostInAWindow(arrivals, windowMs),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The most arrivals of one bucket in any half-open window, by default of a second. */
export function mostInAWindow(
  arrivals: readonly { readonly atMs: number; readonly bucket: string }[],
  windowMs = WINDOW_MS,
): number {
  const times = new Map<string, number[]>();
  for (const { atMs, bucket } of arrivals) times.set(bucket, [...(times.get(bucket) ?? []), atMs]);
  let most = 0;
  for (const unsorted of times.values()) {
    const sorted = unsorted.sort((a, b) => a - b);
    let first = 0;
    sorted.forEach((atMs, index) => {
      while ((sorted[first] ?? atMs) <= atMs - windowMs) first += 1;
      most = Math.max(most, index - first + 1);
    });
  }
  return most;
}
