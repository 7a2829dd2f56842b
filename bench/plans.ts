import postgres from 'postgres';
import { processCpuS } from './cpu-time';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';
import { addRun, addSubAccount, openScopeWriter, ROWS } from './store';

const ROUNDS = 3;
const SCOPES = 6;

/** When the database's statistics are collected. */
type Statistics = 'never' | 'once, at the first rows' | 'all the time';
const ALL: readonly Statistics[] = ['all the time', 'never', 'once, at the first rows'];

/** As an administrator may configure it; when on, autovacuum checks every second, even tables with few changes. */
const SETTINGS: Readonly<Record<'on' | 'off', string>> = {
  on: `ALTER SYSTEM SET autovacuum = on; ALTER SYSTEM SET autovacuum_naptime = '1s';
       ALTER SYSTEM SET autovacuum_analyze_scale_factor = 0.02; SELECT pg_reload_conf()`,
  off: 'ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()',
};

/** Runs each statement of a script separately: ALTER SYSTEM cannot run in a transaction. */
async function runEach(sql: postgres.Sql, script: string): Promise<void> {
  for (const statement of script.split(';')) await sql.unsafe(statement);
}

/** CPU time of the sessions of a database, s, without autovacuum, which is not part of a statement's plan. */
async function sessionsCpuS(sql: postgres.Sql): Promise<number> {
  const pids = await sql<{ pid: number }[]>`
    SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  const each = await Promise.all(pids.map(({ pid }) => processCpuS(pid)));
  return each.reduce((sum, seconds) => sum + seconds, 0);
}

/** What a fresh database costs PostgreSQL when its first sessions write all of it, CPU s per 1,000 rows. */
async function cpuOf(statistics: Statistics, admin: postgres.Sql, benchUrl: string): Promise<number> {
  await runEach(admin, statistics === 'all the time' ? SETTINGS.on : SETTINGS.off);
  await admin`DROP DATABASE IF EXISTS fresh`;
  await admin`CREATE DATABASE fresh TEMPLATE bench`;
  const url = benchUrl.replace(/\/bench$/, '/fresh');
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const writer = openScopeWriter(url, await addRun(sql));
  try {
    for (let puid = 1; puid <= SCOPES; puid += 1) {
      await addSubAccount(sql, puid);
      await writer.write(puid);
      if (puid === 1 && statistics === 'once, at the first rows') await sql`ANALYZE`;
    }
    return (await sessionsCpuS(sql)) / ((SCOPES * ROWS) / 1_000);
  } finally {
    await writer.close();
    await sql.end();
  }
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  return withScratchDatabase(async (url) => {
    // Not in the template database, which may have no other session.
    const admin = postgres(url.replace(/\/bench$/, '/postgres'), { max: 1, onnotice: () => undefined });
    const values = new Map(ALL.map((statistics): [Statistics, number[]] => [statistics, []]));
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const [statistics, cpu] of values) cpu.push(await cpuOf(statistics, admin, url));
      log(`round ${round} of ${ROUNDS}`);
    }
    await admin.end();
    const baseline = { name: 'all the time', values: values.get('all the time') ?? [] };
    return [...values]
      .filter(([statistics]) => statistics !== 'all the time')
      .map(([statistics, cpu]) => ({
        what: `statistics ${statistics}: PostgreSQL, CPU s per 1,000 new rows`,
        values: cpu,
        baseline,
        target: atMost(1.2),
      }));
  });
}

export const plans: Bench = {
  name: 'plans',
  title: `${(SCOPES * ROWS).toLocaleString('en')} new rows in a fresh database: no plan may depend on when autovacuum collects statistics`,
  minutes: 4,
  run,
};
