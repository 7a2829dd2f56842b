import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { systemClock } from '../src/core/clock';
import { Secret } from '../src/core/secret';
import { createPacer } from '../src/pacing/pacer';
import { openPacingDatabase } from '../src/pacing/pacing-database';
import { REST_MS } from '../src/pacing/time-limits';
import { ChildProgram } from '../test/support/child-program';
import type { RequesterOptions, RequesterReport } from '../test/support/pacing/requester';
import { startWindowServer } from '../test/support/pacing/window-server';
import { withScratchDatabase } from './scratch-database';

/**
 * How close the pacing comes to what can be proven, N / (1 s + guard + mean round trip), and what it costs:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/pacing.ts [seconds] [alone|shared|restart|saturated|load]
 */
const SECONDS = Number(process.argv[2] ?? 60);
const ONLY = process.argv[3];
const LIMIT = 2;
const CLOCK_TICK_MS = 10;
const TARGET = 0.98;
const SATURATED_TARGET = 0.96;
/** An orderly end used to cost half the pace for this long. */
const RESTART_SECONDS = 30;

async function main(): Promise<void> {
  await withScratchDatabase(async (databaseUrl, postmasterPid) => {
    const cases: Record<string, () => Promise<void>> = {
      alone: () => efficiency('alone', databaseUrl, { processes: 1 }),
      shared: () => efficiency('shared', databaseUrl, { processes: 4 }),
      restart: () => efficiency('restart', databaseUrl, { processes: 1, before: 8 }),
      saturated: () =>
        efficiency('saturated', databaseUrl, { processes: 1, spinners: 2 * availableParallelism() }),
      load: () => load(databaseUrl, postmasterPid),
    };
    for (const [name, run] of Object.entries(cases)) if (ONLY === undefined || ONLY === name) await run();
  });
}

/**
 * `before`: another process has used the key for so many seconds and was stopped in good order right before. `spinners`:
 * so many processes do nothing but take CPU.
 */
async function efficiency(
  title: string,
  databaseUrl: string,
  { processes, before = 0, spinners = 0 }: { processes: number; before?: number; spinners?: number },
): Promise<void> {
  const seconds = before > 0 ? Math.min(SECONDS, RESTART_SECONDS) : SECONDS;
  const pool = await startWindowServer({
    limit: LIMIT,
    roundTripMs: () => 20 + 60 * Math.random(),
    random: Math.random,
  });
  const start = async (sender: number): Promise<ChildProgram> => {
    const options: RequesterOptions = {
      ...{ databaseUrl, poolUrl: pool.url, sender: String(sender), key: `key-${title}`, endpoints: ['earn'] },
      ...{ scope: 'endpoint', requestsPerSecond: LIMIT, waiters: 4, totalTimeoutMs: 30_000 },
    };
    const requester = new ChildProgram(join(__dirname, '../test/support/pacing/requester.ts'), [
      JSON.stringify(options),
    ]);
    await requester.answer();
    return requester;
  };
  const requesters = await Promise.all(Array.from({ length: processes }, (_, index) => start(index)));
  if (before > 0) {
    const predecessor = await start(processes);
    predecessor.tell('go');
    await sleep(before * 1_000);
    await predecessor.ask('stop');
  }
  const spinning = Array.from({ length: spinners }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  const earlier = pool.arrivals.length;
  const startedAtMs = performance.now();
  for (const requester of requesters) requester.tell('go');
  while (pool.arrivals.length === earlier) await sleep(5);
  const firstAtMs = pool.arrivals[earlier]!.atMs;
  await sleep(seconds * 1_000);
  const within = pool.arrivals.slice(earlier).filter(({ atMs }) => atMs < firstAtMs + seconds * 1_000);
  for (const spinner of spinning) spinner.kill('SIGKILL');
  const reports = await Promise.all(requesters.map((requester) => requester.ask<RequesterReport>('stop')));
  await pool.close();
  const requests = reports.reduce((sum, report) => sum + report.requests, 0);
  const roundTripMs =
    reports.reduce((sum, report) => sum + report.meanRoundTripMs * report.requests, 0) / requests;
  // N slots start at once: the first N arrivals belong to the start, not to the pace.
  const perSecond = (within.length - LIMIT) / ((within.at(-1)!.atMs - firstAtMs) / 1_000);
  const ceiling = (LIMIT * 1_000) / (REST_MS + roundTripMs);
  const target = spinners > 0 ? SATURATED_TARGET : TARGET;
  const isMet = perSecond / ceiling >= target && pool.mostInAWindow() <= LIMIT;
  print(`${title}: ${processes} process(es), ${seconds} s, mean round trip ${roundTripMs.toFixed(1)} ms`, {
    'requests per second': perSecond.toFixed(4),
    'provable ceiling': ceiling.toFixed(4),
    ratio: (perSecond / ceiling).toFixed(4),
    target: `${target}: ${isMet ? 'met' : 'MISSED'}`,
    'first request after, ms': (firstAtMs - startedAtMs).toFixed(0),
    rejected: pool.rejected(),
    'most in a second': pool.mostInAWindow(),
    shares: reports.map((report) => `${((100 * report.requests) / requests).toFixed(0)} %`).join(' '),
  });
}

/** Many keys, so that slots are free all the time: what 1,000 grants a second cost the database. */
async function load(databaseUrl: string, postmasterPid: number): Promise<void> {
  const keys = 530;
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
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
  const asking = Array.from({ length: keys * LIMIT }, async (_, index) => {
    await sleep(1_000 * Math.random());
    while (running) {
      const bucket = { key: `load-${index % keys}`, endpoint: 'worker' };
      const permit = await pacer.acquire({ bucket, priority: 1 });
      permit.use();
      grants += 1;
      await sleep(20 + 60 * Math.random());
      permit.answered();
    }
  });
  await sleep(4_000);
  const [grantsBefore, cpuBefore, ownBefore, pollsBefore] = [
    grants,
    await cpuMs(postmasterPid),
    process.cpuUsage(),
    await calls(sql),
  ];
  const seconds = Math.min(20, SECONDS);
  await sleep(seconds * 1_000);
  const cpu = (await cpuMs(postmasterPid)) - cpuBefore;
  const own = process.cpuUsage(ownBefore);
  const polls = (await calls(sql)) - pollsBefore;
  const perSecond = (grants - grantsBefore) / seconds;
  running = false;
  await Promise.all(asking);
  await pacer.stop();
  await pacing.close();
  await sql.end();
  print(`load, ${keys} keys, ${seconds} s:`, {
    'grants per second': perSecond.toFixed(0),
    'transactions per second': (polls / seconds).toFixed(0),
    'cores of the database': (cpu / (seconds * 1_000)).toFixed(3),
    'cores per 1,000 grants a second': (cpu / (seconds * 1_000) / (perSecond / 1_000)).toFixed(3),
    'cores of this process': ((own.user + own.system) / 1e6 / seconds).toFixed(3),
  });
}

async function calls(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ commits: string }[]>`
    SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()`;
  return Number(row!.commits);
}

/** CPU time of the server and all its processes, living or ended. */
async function cpuMs(postmasterPid: number): Promise<number> {
  let ticks = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [parent, user, system] = [fields[1], fields[11], fields[12]];
    if (Number(pid) === postmasterPid || Number(parent) === postmasterPid)
      ticks += Number(user) + Number(system);
  }
  return ticks * CLOCK_TICK_MS;
}

function print(title: string, figures: Record<string, string | number>): void {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(34)}${String(value)}`);
  process.stdout.write(`${title}\n${lines.join('\n')}\n`);
}

void main();
