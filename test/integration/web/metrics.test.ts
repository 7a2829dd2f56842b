import { readVersion } from '../../../src/core/version';
import type { WebServer } from '../../../src/web/server';
import { serveTestPages } from '../../support/web';
import { runPromtool } from '../../support/promtool';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
const servers: WebServer[] = [];
const database = useTestDatabase();
database.beforeDrop(async () => {
  await Promise.all(servers.map((server) => server.close()));
  await pool.close();
});

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 3,
      startAt: Date.UTC(2026, 9, 20),
      world: { days: 30, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    },
  });
  await pool.sync();
});

/** `/metrics` of a process that has just started. */
async function scrape(databaseUrl = database.url): Promise<string> {
  const server = await serveTestPages(databaseUrl, {
    judgedAccounts: ['main'],
    readQueue: () => Promise.resolve({ counts: { active: 1, waiting: 7 }, jobs: [] }),
    askQueue: () => Promise.resolve(),
  });
  servers.push(server);
  return (await fetch(`${server.url}metrics`)).text();
}

describe('the metrics of a new process', () => {
  test('show what the database knows', async () => {
    const text = await scrape();
    const [held] = await pool.sql<{ rows: string }[]>`SELECT count(*)::text AS rows FROM pool.earnings`;
    const [last] = await pool.sql<{ at: number }[]>`
      SELECT extract(epoch FROM max(last_success_at))::float8 AS at FROM sync.cursors WHERE stream = 'earnings'`;
    for (const line of [
      `kpool_build_info{version="${readVersion()}"} 1`,
      'kpool_database_up 1',
      'kpool_queue_up 1',
      'kpool_queue_jobs{state="waiting"} 7',
      'kpool_ready 1',
      'kpool_account_stopped{account="main"} 0',
      'kpool_stream_late{account="main",stream="earnings"} 0',
      'kpool_scopes{account="main",stream="earnings",state="synced"} 1',
      `kpool_ledger_rows{account="main",stream="earnings"} ${held!.rows}`,
      'kpool_backfill_ratio{account="main",stream="earnings"} 1',
      'kpool_quarantine_open_rows{account="main",stream="rewards"} 0',
      'kpool_reconciliation_totals{account="main",currency="BTC",verdict="differs"} 0',
    ]) {
      expect(text).toContain(line);
    }
    const told = /^kpool_last_success_timestamp_seconds\{account="main",stream="earnings"\} (.+)$/m.exec(
      text,
    );
    expect(Number(told?.[1])).toBeCloseTo(last!.at, 2);
    expect(text).toContain('\nprocess_cpu_seconds_total');
  });

  test('P11 show a stopped account, as the verdict does', async () => {
    await pool.sql`UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'refused'`;
    const text = await scrape();
    await pool.sql`UPDATE pool.accounts SET status = 'ok', status_reason = NULL`;
    expect(text).toContain('kpool_account_stopped{account="main"} 1');
    expect(text).toContain('kpool_problems{account="main",kind="account-stopped",severity="critical"} 1');
    expect(text).toContain('kpool_ready 0');
  });

  test('show that the database is away, and what was counted', async () => {
    const text = await scrape('postgres://nobody@127.0.0.1:1/none');
    expect(text).toContain('kpool_database_up 0');
    expect(text).not.toContain('kpool_ready');
    expect(text).toContain('\nprocess_cpu_seconds_total');
  });

  test('pass promtool without a remark', async () => {
    const checked = runPromtool(['check', 'metrics'], await scrape());
    if (checked === null) return;
    expect(checked).toEqual({ code: 0, output: '' });
  });
});
