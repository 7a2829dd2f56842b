import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { systemClock } from '../src/core/clock';
import { Secret } from '../src/core/secret';
import type { Puid } from '../src/domain/ids';
import { createPoolClient } from '../src/kucoin';
import { PrismaAccountStore } from '../src/store/accounts';
import { createStoreClient } from '../src/store/client';
import { PrismaFleetStore } from '../src/store/fleet/fleet-store';
import { recomputeFleet } from '../src/store/fleet/recompute';
import { PrismaRunStore } from '../src/store/runs';
import { PostgresScopeLocks } from '../src/store/scope-locks';
import { runScope } from '../src/sync/run-scope';
import { syncWorkers } from '../src/sync/streams/workers';
import { ChildProgram } from '../test/support/child-program';
import { setDatabaseClock } from '../test/support/database-clock';
import { withScratchDatabase } from './scratch-database';

/**
 * What a snapshot over a large fleet costs on top of the pacing, at the start of a day and at its end, when its figures
 * rest on the most rows:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/fleet.ts [workers] [snapshots of the first hour; 1: that one alone]
 */
const WORKERS = Number(process.argv[2] ?? 100_000);
const PASSES = Number(process.argv[3] ?? 6);
const DAY = Date.UTC(2026, 10, 22);
const HOUR_MS = millisecondsInHour;
const PASS_MS = 600_000;
const CLOCK_TICK_MS = 10;
const LIMIT_S = 10;
const LIMIT_MIB = 300;
const UNPACED = {
  acquire: () => Promise.resolve({ use: () => true, answered: () => undefined }),
  reportThrottled: () => undefined,
  retractUncertainReports: () => undefined,
};

interface PoolFacts {
  url: string;
  account: { name: string; apiKey: string; apiSecret: string; apiPassphrase: string };
  puid: string;
  pname: string;
}

async function main(): Promise<void> {
  const program = new ChildProgram(join(__dirname, 'fleet-pool.ts'), [String(WORKERS)]);
  const facts = await program.answer<PoolFacts>();
  await withScratchDatabase(async (databaseUrl, postmasterPid) => {
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    const client = createStoreClient({
      url: new Secret(databaseUrl),
      maxConnections: 4,
      applicationName: 'bench',
    });
    const { accountId } = await new PrismaAccountStore(client).register('main', 'bench');
    await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, ${facts.puid}, ${facts.pname})`;
    const pool = createPoolClient({
      baseUrl: facts.url,
      credentials: {
        apiKey: new Secret(facts.account.apiKey),
        apiSecret: new Secret(facts.account.apiSecret),
        apiPassphrase: new Secret(facts.account.apiPassphrase),
      },
      pacer: UNPACED,
      clock: systemClock,
      random: Math.random,
    });
    const fleet = new PrismaFleetStore(client);
    const locks = new PostgresScopeLocks(new Secret(databaseUrl), client);
    const scope = {
      stream: 'workers',
      accountId,
      puid: BigInt(facts.puid) as Puid,
      algo: 'SHA256d',
    } as const;
    const snapshot = async (title: string, atMs: number): Promise<void> => {
      await setDatabaseClock(sql, atMs);
      await program.ask(String(PASS_MS));
      const before = {
        own: process.cpuUsage(),
        database: await databaseCpuS(postmasterPid),
        at: performance.now(),
        rss: process.memoryUsage.rss(),
      };
      const memory = watchMemory();
      const result = await runScope(
        new PrismaRunStore(client, locks),
        scope,
        { trigger: 'bench', priority: 1, signal: new AbortController().signal },
        (run) => syncWorkers({ pool, fleet }, scope, run),
      );
      const own = process.cpuUsage(before.own);
      const ownS = (own.user + own.system) / 1e6;
      const databaseS = (await databaseCpuS(postmasterPid)) - before.database;
      print(`${title}: ${result.outcome} ${result.reason ?? ''}`, {
        'requests, rows read': `${result.totals.requests}, ${result.totals.rowsRead}`,
        'inserted, changed': `${result.totals.inserted}, ${result.totals.changed}`,
        'wall clock without pacing, s': ((performance.now() - before.at) / 1_000).toFixed(1),
        'own CPU, s': ownS.toFixed(1),
        'database CPU, s': databaseS.toFixed(1),
        [`both, of ${LIMIT_S} s`]: ((ownS + databaseS) / LIMIT_S).toFixed(2),
        'memory before, MiB': (before.rss / 2 ** 20).toFixed(0),
        [`peak memory, MiB of ${LIMIT_MIB}`]: `${memory.stop().toFixed(0)} (${(memory.stop() / LIMIT_MIB).toFixed(2)})`,
      });
    };
    await snapshot('the first snapshot', DAY + millisecondsInMinute);
    for (let n = 1; n < PASSES; n += 1)
      await snapshot(`snapshot ${n + 1} of the hour`, DAY + millisecondsInMinute + n * PASS_MS);
    if (PASSES > 1) {
      await fillDay(sql);
      await snapshot(
        'the first snapshot of the last hour of a day',
        DAY + 23 * HOUR_MS + millisecondsInMinute,
      );
      await snapshot('the next', DAY + 23 * HOUR_MS + millisecondsInMinute + PASS_MS);
    }
    const startedAt = performance.now();
    const bare = await bareInsertCpuS(sql, postmasterPid);
    print('what the database takes to insert as many bare samples', { 'database CPU, s': bare.toFixed(1) });
    const recomputed = await recomputeFleet(client, { fromMs: DAY, toMs: DAY + 1 });
    print('recomputing the day', {
      ...recomputed,
      seconds: ((performance.now() - startedAt) / 1_000).toFixed(1),
    });
    const sizes = await sql`
      SELECT relname, pg_size_pretty(pg_total_relation_size(c.oid)) AS size FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE nspname IN ('pool', 'pool_parts', 'sync') AND relkind = 'r' ORDER BY pg_total_relation_size(c.oid) DESC LIMIT 6`;
    print('sizes', Object.fromEntries(sizes.map((row) => [String(row['relname']), String(row['size'])])));
    await pool.close();
    await locks.close();
    await client.$disconnect();
    await sql.end();
  });
  await program.kill();
}

/** The other hours of the day, as the first one was. */
async function fillDay(sql: postgres.Sql): Promise<void> {
  for (let hour = 1; hour < 23; hour += 1) {
    await sql`
      INSERT INTO pool.worker_hourly
      SELECT puid, algo, worker_id, hour + ${hour} * interval '1 hour', snapshots, active_samples,
             avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps, last_reject_rate,
             measured_samples, sum_real_hash_rate_hps
        FROM pool.worker_hourly WHERE hour = ${new Date(DAY)}`;
    await sql`
      INSERT INTO report.fleet_hour_totals
      SELECT puid, algo, hour + ${hour} * interval '1 hour', snapshots, listed_samples, active_samples,
             avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps,
             sum_real_hash_rate_hps
        FROM report.fleet_hour_totals WHERE hour = ${new Date(DAY)}`;
  }
  await sql`VACUUM (ANALYZE)`;
}

/** The yardstick: the samples of the last snapshot once more, without keys, checks, figures or a network. */
async function bareInsertCpuS(sql: postgres.Sql, postmasterPid: number): Promise<number> {
  await sql`CREATE TABLE public.bare AS TABLE pool.worker_samples WITH NO DATA`;
  const before = await databaseCpuS(postmasterPid);
  await sql`
    INSERT INTO public.bare SELECT * FROM pool.worker_samples
     WHERE observed_at = (SELECT max(started_at) FROM pool.worker_snapshots)`;
  return (await databaseCpuS(postmasterPid)) - before;
}

function watchMemory(): { stop(): number } {
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss() / 2 ** 20);
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      look();
      clearInterval(timer);
      return peak;
    },
  };
}

/** CPU that all processes of the server have used, those that ended included. */
async function databaseCpuS(postmasterPid: number): Promise<number> {
  let ticks = 0;
  for (const entry of await readdir('/proc')) {
    const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '') : '';
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (Number(entry) === postmasterPid) ticks += fields[11]! + fields[12]! + fields[13]! + fields[14]!;
    else if (fields[1] === postmasterPid) ticks += fields[11]! + fields[12]!;
  }
  return (ticks * CLOCK_TICK_MS) / 1_000;
}

function print(title: string, figures: Record<string, string | number>): void {
  const lines = Object.entries(figures).map(([name, value]) => `  ${name.padEnd(34)}${String(value)}`);
  process.stdout.write(`${title}\n${lines.join('\n')}\n`);
}

void main();
