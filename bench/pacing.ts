import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../src/core/clock';
import { Secret } from '../src/core/secret';
import { createPacer } from '../src/pacing/pacer';
import { openPacingDatabase } from '../src/pacing/pacing-database';
import { REST_MS } from '../src/pacing/time-limits';
import { ChildProgram } from '../test/support/child-program';
import type { RequesterOptions, RequesterReport } from '../test/support/pacing/requester';
import { startWindowServer } from '../test/support/pacing/window-server';
import { databaseCpuS } from './cpu-time';
import { atLeast, atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

const LIMIT = 2;
const ROUND_S = 30;
const ROUNDS = 3;
const LOAD_KEYS = 530;
const LOAD_S = 20;

interface Case {
  readonly name: string;
  readonly processes: number;
  /** Another process used the key for this many seconds and was shut down cleanly just before. */
  readonly usedBeforeS?: number;
  /** This many processes do nothing but consume CPU. */
  readonly spinners?: number;
  readonly target: number;
}

const CASES: readonly Case[] = [
  { name: 'one process', processes: 1, target: 0.98 },
  { name: 'four processes', processes: 4, target: 0.98 },
  { name: 'a key that was used right before', processes: 1, usedBeforeS: 8, target: 0.98 },
  { name: 'every core busy', processes: 1, spinners: 2 * availableParallelism(), target: 0.96 },
];

interface Pace {
  readonly perSecond: number;
  /** The highest rate that can be proven: N / (1 s + guard + mean round trip). */
  readonly ceiling: number;
  readonly mostInASecond: number;
}

async function paceOf(
  { name, processes, usedBeforeS = 0, spinners = 0 }: Case,
  databaseUrl: string,
  round: number,
): Promise<Pace> {
  const pool = await startWindowServer({
    limit: LIMIT,
    roundTripMs: () => 20 + 60 * Math.random(),
    random: Math.random,
  });
  const start = async (sender: number): Promise<ChildProgram> => {
    const options: RequesterOptions = {
      databaseUrl,
      poolUrl: pool.url,
      sender: String(sender),
      key: `${name} ${round}`,
      endpoints: ['earn'],
      scope: 'endpoint',
      requestsPerSecond: LIMIT,
      waiters: 4,
      totalTimeoutMs: 30_000,
    };
    const requester = new ChildProgram(join(__dirname, '../test/support/pacing/requester.ts'), [
      JSON.stringify(options),
    ]);
    await requester.answer();
    return requester;
  };
  const requesters = await Promise.all(Array.from({ length: processes }, (_, index) => start(index)));
  if (usedBeforeS > 0) {
    const predecessor = await start(processes);
    predecessor.tell('go');
    await sleep(usedBeforeS * 1_000);
    await predecessor.ask('stop');
  }
  const spinning = Array.from({ length: spinners }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  const earlier = pool.arrivals.length;
  for (const requester of requesters) requester.tell('go');
  while (pool.arrivals.length === earlier) await sleep(5);
  const firstAtMs = pool.arrivals[earlier]!.atMs;
  await sleep(ROUND_S * 1_000);
  const within = pool.arrivals.slice(earlier).filter(({ atMs }) => atMs < firstAtMs + ROUND_S * 1_000);
  for (const spinner of spinning) spinner.kill('SIGKILL');
  const reports = await Promise.all(requesters.map((requester) => requester.ask<RequesterReport>('stop')));
  await pool.close();
  const requests = reports.reduce((sum, report) => sum + report.requests, 0);
  const roundTripMs =
    reports.reduce((sum, report) => sum + report.meanRoundTripMs * report.requests, 0) / requests;
  return {
    // N slots start at once: the first N arrivals are the start, not the pace.
    perSecond: (within.length - LIMIT) / ((within.at(-1)!.atMs - firstAtMs) / 1_000),
    ceiling: (LIMIT * 1_000) / (REST_MS + roundTripMs),
    mostInASecond: pool.mostInAWindow(),
  };
}

/**
 * With many keys, so that slots are always free: what grants cost the database, in cores per 1,000 of them a second.
 */
async function loadOf(databaseUrl: string, postmasterPid: number): Promise<number> {
  const pacing = openPacingDatabase(new Secret(databaseUrl));
  const pacer = createPacer({
    database: pacing,
    clock: systemClock,
    requestsPerSecond: LIMIT,
    scope: 'auto',
    totalTimeoutMs: 30_000,
  });
  let grants = 0;
  let running = true;
  const asking = Array.from({ length: LOAD_KEYS * LIMIT }, async (_, index) => {
    await sleep(1_000 * Math.random());
    while (running) {
      const bucket = { key: `load-${index % LOAD_KEYS}`, endpoint: 'worker' };
      const permit = await pacer.acquire({ bucket, priority: 1 });
      permit.use();
      grants += 1;
      await sleep(20 + 60 * Math.random());
      permit.answered();
    }
  });
  await sleep(4_000);
  const before = { grants, cpuS: await databaseCpuS(postmasterPid) };
  await sleep(LOAD_S * 1_000);
  const cpuS = (await databaseCpuS(postmasterPid)) - before.cpuS;
  const granted = grants - before.grants;
  running = false;
  await Promise.all(asking);
  await pacer.stop();
  await pacing.close();
  return cpuS / (granted / 1_000);
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  return withScratchDatabase(async (databaseUrl, postmasterPid) => {
    const figures: Figure[] = [];
    let most = 0;
    for (const one of CASES) {
      log(one.name);
      const paces: Pace[] = [];
      for (let round = 0; round < ROUNDS; round += 1) paces.push(await paceOf(one, databaseUrl, round));
      most = Math.max(most, ...paces.map(({ mostInASecond }) => mostInASecond));
      figures.push({
        what: `pace, ${one.name}, requests/s`,
        values: paces.map(({ perSecond }) => perSecond),
        baseline: { name: 'provable', values: paces.map(({ ceiling }) => ceiling) },
        target: atLeast(one.target),
      });
    }
    figures.push({
      what: 'most arrivals in any second, of 2 allowed',
      values: [most],
      baseline: null,
      target: atMost(LIMIT),
    });
    log('many keys');
    figures.push({
      what: 'PostgreSQL, CPU s per 1,000 permits',
      values: [await loadOf(databaseUrl, postmasterPid)],
      baseline: null,
      target: null,
    });
    return figures;
  });
}

export const pacing: Bench = {
  name: 'pacing',
  title:
    'How close the rate limiter comes to the highest rate that can be proven, N / (1 s + guard + mean round trip)',
  minutes: 7,
  run,
};
