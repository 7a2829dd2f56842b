import type { WebServer } from '../../../src/web/server';
import { headOf } from '../../support/head-of';
import { serveTestPages } from '../../support/web';
import { AlertListener } from '../../support/alert-listener';
import { runCliInProcess } from '../../support/cli-in-process';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

interface ToldProblem {
  readonly kind: string;
  readonly what: string;
}

let pool: SyncedPool;
let web: WebServer;
let listener: AlertListener;
let rounds: ReturnType<SyncedPool['service']['reports']['createAlertRounds']>;
let isQueueAway = false;
const database = useTestDatabase();
database.beforeDrop(async () => {
  await web.close();
  await pool.close();
  await listener.close();
});

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 5,
      startAt: Date.UTC(2026, 9, 20),
      world: { days: 30, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 1 },
    },
  });
  await pool.sync();
  listener = new AlertListener();
  rounds = pool.service.reports.createAlertRounds(await listener.listen(), (text) => text);
  web = await serveTestPages(database.url, {
    judgedAccounts: ['main'],
    askQueue: () => (isQueueAway ? Promise.reject(new Error('away')) : Promise.resolve()),
  });
});

/** What each of the five outputs says at the same time. */
async function askEverything() {
  const status = await runCliInProcess(['status', '--json'], { DATABASE_URL: database.url });
  const { problems } = JSON.parse(status.stdout) as { problems: ToldProblem[] };
  const readiness = await headOf(`${web.url}readyz`);
  const page = await (await fetch(web.url)).text();
  await rounds.run();
  const alerts = await pool.sql<{ kind: string }[]>`SELECT kind FROM sync.alerts WHERE ended_at IS NULL`;
  return {
    problems,
    kinds: [...new Set(problems.map(({ kind }) => kind))],
    exitCode: status.code,
    readyz: readiness.status,
    isAlive: (await headOf(`${web.url}healthz`)).status === 200,
    page,
    alerts: [...new Set(alerts.map(({ kind }) => kind))],
  };
}

interface Situation {
  readonly kind: string;
  readonly begin: string;
  readonly end: string;
  readonly readyz: 200 | 503;
  readonly isAlerted: boolean;
}

const SITUATIONS: readonly Situation[] = [
  {
    kind: 'account-stopped',
    begin: "UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'refused'",
    end: "UPDATE pool.accounts SET status = 'ok', status_reason = NULL",
    readyz: 503,
    isAlerted: true,
  },
  {
    kind: 'stream-late',
    begin:
      "UPDATE sync.cursors SET last_success_at = last_success_at - interval '9 days' WHERE stream = 'rewards'",
    end: "UPDATE sync.cursors SET last_success_at = last_success_at + interval '9 days' WHERE stream = 'rewards'",
    readyz: 503,
    isAlerted: true,
  },
  {
    kind: 'stream-failing',
    begin: "UPDATE sync.runs SET outcome = 'failed', error_message = 'odd' WHERE stream = 'workers'",
    end: "UPDATE sync.runs SET outcome = 'succeeded', error_message = NULL WHERE stream = 'workers'",
    readyz: 200,
    isAlerted: false,
  },
  {
    kind: 'stream-partial',
    begin: "UPDATE sync.runs SET outcome = 'partial', error_message = 'odd' WHERE stream = 'rewards'",
    end: "UPDATE sync.runs SET outcome = 'succeeded', error_message = NULL WHERE stream = 'rewards'",
    readyz: 200,
    isAlerted: false,
  },
  {
    kind: 'rows-quarantined',
    begin: `INSERT INTO sync.quarantined_rows (stream, puid, algo, raw, raw_hash, reason)
            SELECT 'earnings', puid, default_algo, n::text, n::text, 'odd'
              FROM pool.sub_accounts, generate_series(1, 27) AS n`,
    end: 'DELETE FROM sync.quarantined_rows',
    readyz: 200,
    isAlerted: true,
  },
  {
    kind: 'days-in-doubt',
    begin: `UPDATE sync.windows w SET in_doubt_count = 2
             WHERE stream = 'earnings' AND to_at = (SELECT max(to_at) FROM sync.windows WHERE stream = 'earnings')`,
    end: 'UPDATE sync.windows SET in_doubt_count = 0',
    readyz: 200,
    isAlerted: true,
  },
  {
    kind: 'list-emptied',
    begin: "UPDATE sync.cursors SET empty_since = sync.now() WHERE stream = 'earnings'",
    end: 'UPDATE sync.cursors SET empty_since = NULL',
    readyz: 200,
    isAlerted: true,
  },
  {
    kind: 'alert-webhook-failing',
    begin: `INSERT INTO sync.alerts (alert_id, kind, account_id, start_text, end_text, detail, first_seen_at,
                                     unsent_since, unsent_reason)
            SELECT 'x', 'stream-late', account_id, '', '', '{}', sync.now(), sync.now(), 'it answered with HTTP 500'
              FROM pool.accounts`,
    end: 'DELETE FROM sync.alerts',
    readyz: 200,
    isAlerted: false,
  },
  {
    kind: 'history-incomplete',
    begin: "UPDATE sync.cursors SET history_complete = false WHERE stream = 'earnings'",
    end: 'UPDATE sync.cursors SET history_complete = true',
    readyz: 200,
    isAlerted: false,
  },
  {
    kind: 'income-differs',
    begin: 'UPDATE pool.sub_account_income_samples SET amount = amount + 1',
    end: 'UPDATE pool.sub_account_income_samples SET amount = amount - 1',
    readyz: 200,
    isAlerted: true,
  },
];

test('P11 all outputs say that all is well', async () => {
  const outputs = await askEverything();
  expect(outputs).toMatchObject({ kinds: [], exitCode: 0, readyz: 200, isAlive: true, alerts: [] });
  expect(outputs.page).toContain('All is well.');
});

test.each(SITUATIONS)('P11 all outputs agree on $kind', async ({ kind, begin, end, readyz, isAlerted }) => {
  await pool.sql.unsafe(begin);
  const outputs = await askEverything();
  await pool.sql.unsafe(end);
  expect(outputs).toMatchObject({ exitCode: 1, readyz, isAlive: true, alerts: isAlerted ? [kind] : [] });
  expect(outputs.kinds).toEqual([kind]);
  expect(outputs.page).not.toContain('All is well.');
  for (const { what } of outputs.problems) expect(outputs.page).toContain(what);
  await rounds.run();
});

test('P11 a service without its queue is not ready', async () => {
  isQueueAway = true;
  const { readyz, isAlive } = await askEverything();
  isQueueAway = false;
  expect([readyz, isAlive]).toEqual([503, true]);
});
