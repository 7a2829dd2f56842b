import { millisecondsInHour } from 'date-fns/constants';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { runJobs } from '../jobs/run-jobs';
import type { ServiceJobs } from '../jobs/service-jobs';
import { openSession, type Session } from '../src/service/session';
import { loadConfig } from '../src/config/load';
import { systemClock } from '../src/core/clock';
import { intervalOf, type Stream } from '../src/domain/streams';
import { STREAMS } from '../src/sync/registry';
import { createLogger } from '../src/observability/logger';
import { createMetrics } from '../src/observability/metrics';
import { createScrubber } from '../src/core/redaction';
import { createSimulator, type Simulator } from '../src/simulator';
import { allEvery, serviceEnv } from '../test/support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../test/support/ledger-truth';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

/** Simulated hours, one after another. */
const ROUNDS = 3;
const IDLE_S = 60;
/** The queue is in Redis if its address is given. */
const REDIS_URL = process.env['REDIS_URL'] ?? '';
/** Currencies that are totalled by default. */
const COINS = 6;
/** The pool's clock jumps; if it ran faster, the pool would refuse every timestamp. */
const JUMP_S = 15;
/** Simulated seconds per second, as many as the rate limit allows with the intervals below. */
const SPEED = 40;
const TICK_MS = 1_000;
const HOUR_MS = millisecondsInHour;
const START = Date.UTC(2026, 10, 22, 1, 30);
const EQUAL_TIMEOUT_MS = 600_000;
const SETTLE_MS = 20_000;

const USUAL = loadConfig({ HOME: '/nonexistent' }, { streams: STREAMS.all }).sync.everyMs;
/** Every interval in the words of `.env`, shortened by `SPEED`. */
function fasterEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.keys(allEvery('')).map((name) => {
      const stream = name
        .replace(/_EVERY$/, '')
        .toLowerCase()
        .replaceAll('_', '-');
      return [name, `${Math.round(intervalOf(USUAL, stream) / SPEED / 1_000)} s`];
    }),
  );
}

interface Running {
  readonly session: Session;
  readonly jobs: ServiceJobs;
  stop(): Promise<void>;
}

async function start(env: Record<string, string>): Promise<Running> {
  const config = loadConfig(env, { streams: STREAMS.all });
  const logger = createLogger({
    level: 'warn',
    format: 'json',
    destination: { write: (line) => process.stderr.write(line) },
    scrubber: createScrubber([]),
  });
  const metrics = createMetrics();
  const session = await openSession({
    config,
    accounts: config.accounts,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  const jobs = await runJobs({
    service: session.service,
    databaseUrl: session.database.url,
    queueConnections: 3,
    redisUrl: config.redisUrl,
    everyMs: config.sync.everyMs,
    keepDays: config.keepDays,
    clock: systemClock,
    random: Math.random,
    log: logger,
    metrics,
    onUnrecoverable: (error) => {
      throw error;
    },
  });
  const stop = async (): Promise<void> => {
    await jobs.stop();
    await session.close();
  };
  return { session, jobs, stop };
}

async function untilEqual(simulator: Simulator, sql: postgres.Sql): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const differences = [];
    for (const stream of ['earnings', 'rewards'] as const) {
      differences.push(...differenceOf(truthOf(simulator, stream), await storedOf(sql, stream)));
    }
    if (differences.length === 0) return (performance.now() - startedMs) / 1_000;
    if (performance.now() - startedMs > EQUAL_TIMEOUT_MS) throw new Error(differences.join('\n'));
    await sleep(TICK_MS);
  }
}

/** Waits until every scope of every stream has been read once. */
async function untilVisited({ session }: Running): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const plans = await Promise.all(
      session.service.accounts.flatMap((account) =>
        STREAMS.names.map((stream) => session.service.plan(account, stream)),
      ),
    );
    const left = plans.flatMap(({ scopes }) => scopes).filter(({ nextVisitMs }) => nextVisitMs === -Infinity);
    if (left.length === 0) return (performance.now() - startedMs) / 1_000;
    if (performance.now() - startedMs > EQUAL_TIMEOUT_MS)
      throw new Error(`${left.length} scopes were never visited.`);
    await sleep(TICK_MS);
  }
}

/**
 * The fewest requests that suffice: one per scope and round, a list per status of workers, one per currency for totals.
 */
async function leastRequests(
  { session }: Running,
  simulator: Simulator,
  rounds: (stream: Stream) => number,
): Promise<Map<Stream, number>> {
  const least = new Map<Stream, number>();
  for (const stream of STREAMS.names) {
    let perRound = 0;
    for (const account of session.service.accounts) {
      const { scopes } = await session.service.plan(account, stream);
      for (const { scope, pace } of scopes) {
        const { puid, algo } = scope;
        const hasWorkers =
          puid !== null &&
          algo !== null &&
          simulator.world.workers({ account: account.name, puid, algo }).length > 0;
        if (pace !== 'live') continue;
        perRound += stream === 'workers' && hasWorkers ? 3 : stream.endsWith('-income') ? COINS : 1;
      }
    }
    least.set(stream, perRound * rounds(stream));
  }
  return least;
}

async function liveAnHour(simulator: Simulator): Promise<void> {
  const jumps = HOUR_MS / SPEED / (JUMP_S * TICK_MS);
  for (let jump = 0; jump < jumps; jump += 1) {
    simulator.clock.advance((SPEED - 1) * JUMP_S * TICK_MS);
    for (const scope of simulator.world.scopes().slice(0, 2)) {
      const minedAtMs = simulator.clock.now();
      simulator.world.insertReward(scope, { currency: 'BTC', minedAtMs, amount: '0.00000001' });
      const pending = simulator.world.earnings(scope).find(({ status }) => status === 'WAIT_SETTLE');
      if (pending !== undefined) simulator.world.settle(pending);
    }
    await sleep(JUMP_S * TICK_MS);
  }
}

async function transactionsPerSecond(sql: postgres.Sql, seconds: number): Promise<number> {
  const read = async (): Promise<number> => {
    const [row] = await sql<{ n: string }[]>`
      SELECT (xact_commit + xact_rollback)::text AS n FROM pg_stat_database WHERE datname = current_database()`;
    return Number(row!.n);
  };
  const before = await read();
  await sleep(seconds * 1_000);
  return ((await read()) - before - 1) / seconds;
}

interface Hour {
  /** Requests of each stream, made and least possible. */
  readonly made: ReadonlyMap<Stream, number>;
  readonly least: ReadonlyMap<Stream, number>;
}

async function hourOf(running: Running, simulator: Simulator): Promise<Hour> {
  simulator.requests.clear();
  await liveAnHour(simulator);
  const made = new Map(
    STREAMS.all.map(({ name, endpoint }) => [name, simulator.requests.count(endpoint)] as const),
  );
  const least = await leastRequests(running, simulator, (stream) =>
    Math.floor(HOUR_MS / intervalOf(USUAL, stream)),
  );
  return { made, least };
}

interface Idle {
  readonly transactionsPerSecond: number;
  readonly requests: number;
  readonly connections: number;
}

async function idle(env: Record<string, string>, simulator: Simulator, sql: postgres.Sql): Promise<Idle> {
  const running = await start(env);
  // By then, what came due during the fast hours is done.
  await sleep(SETTLE_MS);
  simulator.requests.clear();
  const transactions = await transactionsPerSecond(sql, IDLE_S);
  const [counted] = await sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  await running.stop();
  return {
    transactionsPerSecond: transactions,
    requests: simulator.requests.count(),
    connections: counted?.n ?? 0,
  };
}

function figuresOf(
  hours: readonly Hour[],
  caughtUpS: number,
  atRest: Idle,
  turnedAway: number,
): readonly Figure[] {
  const told = (what: string, value: number, target: Figure['target'] = null): Figure => {
    return { what, values: [value], baseline: null, target };
  };
  return [
    ...STREAMS.names.flatMap((stream) => {
      const least = hours.map((hour) => hour.least.get(stream) ?? 0);
      if (least.includes(0)) return [];
      const values = hours.map(({ made }) => made.get(stream) ?? 0);
      return [
        {
          what: `${stream}, requests an hour`,
          values,
          baseline: { name: 'least possible', values: least },
          target: null,
        },
      ];
    }),
    told('too many in a second, refused', turnedAway, atMost(0)),
    told('equal to the pool again after the daily round, s', caughtUpS),
    told('transactions a second when nothing is due', atRest.transactionsPerSecond),
    told('requests a minute when nothing is due', atRest.requests),
    told('connections to the database', atRest.connections),
  ];
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  const simulator = await createSimulator({
    seed: 20_261_122,
    startAt: START,
    latencyMs: { min: 20, max: 80 },
  });
  try {
    return await withScratchDatabase(async (databaseUrl) => {
      const env = { ...serviceEnv(simulator, databaseUrl), HOME: '/nonexistent', REDIS_URL };
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
      const fast = await start({ ...env, ...fasterEnv() });
      log('first sync');
      await untilEqual(simulator, sql);
      await untilVisited(fast);
      const hours: Hour[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        log(`hour ${round} of ${ROUNDS}`);
        hours.push(await hourOf(fast, simulator));
      }
      await fast.stop();
      // Rows older than the newest windows that settled meanwhile are found by the daily read, which is due now.
      log('daily round');
      const daily = await start({ ...env, ...fasterEnv(), RECENT_EVERY: '5 s' });
      const caughtUpS = await untilEqual(simulator, sql);
      await daily.stop();
      log('idle');
      const atRest = await idle(env, simulator, sql);
      await sql.end();
      return figuresOf(hours, caughtUpS, atRest, simulator.rejections());
    });
  } finally {
    await simulator.close();
  }
}

export const service: Bench = {
  name: 'service',
  title: `Simulated hours of operation at the pool's own limit, ${SPEED} times as fast, while its data change; the queue in PostgreSQL, or in Redis at REDIS_URL`,
  minutes: 8,
  run,
};
