import { randomBytes } from 'node:crypto';
import { mkdtemp, writeFile, mkdir, rm, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import {
  MIGRATION_LOCK,
  QUEUE_LOCK_CLASS,
  RUN_LOCK_CLASS,
  SCOPE_LOCK_CLASS,
} from '../../../src/core/postgres/lock-numbers';
import { Secret } from '../../../src/core/secret';
import type { AccountId, Puid } from '../../../src/domain/ids';
import { STREAMS } from '../../../src/sync/registry';
import { closeMonth } from '../../../src/report/months/closes';
import type { Month } from '../../../src/report/months/month';
import { migrate } from '../../../src/store/migrations/migrate';
import { findMigrationsDirectory } from '../../../src/store/migrations/migration-files';
import { registerQueue } from '../../../src/store/queue-registration';
import { grantReader } from '../../../src/store/readers/reader-login';
import { SALT_BYTES, scramVerifier } from '../../../src/store/readers/scram-verifier';
import { lockKeyOf } from '../../../src/store/run-locks';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const PASSWORD = 'reader-password';
const role = `reader_${randomBytes(6).toString('hex')}`;
let database: TestDatabase;
let pool: SyncedPool;
let reader: postgres.Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { HISTORY_START: '2026-10-01' },
    simulator: {
      seed: 12,
      startAt: Date.UTC(2026, 9, 20),
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 3,
        workersPerSubAccount: 1,
        algorithms: ['SHA256d'],
      },
    },
  });
  await pool.sync();
  await grantReader(pool.sql, role, scramVerifier(PASSWORD, randomBytes(SALT_BYTES)));
  await leaveLocksToAll();
  const { hostname, port } = new URL(database.url);
  const server = { host: hostname, port: Number(port), database: database.name };
  reader = postgres({ ...server, username: role, password: PASSWORD, max: 3, onnotice: () => undefined });
});
afterAll(async () => {
  await reader.end();
  await pool.sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await pool.close();
  await database.drop();
});

/** Gives readers the locks that only a superuser as the user of DATABASE_URL could take from them. */
async function leaveLocksToAll(): Promise<void> {
  const functions = await pool.sql<{ signature: string }[]>`
    SELECT oid::regprocedure::text AS signature FROM pg_proc WHERE proname LIKE 'pg\\_%advisory%lock%'`;
  for (const { signature } of functions)
    await pool.sql.unsafe(`GRANT EXECUTE ON FUNCTION ${signature} TO PUBLIC`);
}

/** Takes every advisory lock that the program uses or used. */
async function grabAdvisoryLocks(session: postgres.ReservedSql): Promise<void> {
  for (let key = MIGRATION_LOCK - 9; key < MIGRATION_LOCK + 11; key += 1) {
    await session`SELECT pg_advisory_lock(${key}::bigint)`;
    await session`SELECT pg_advisory_lock(${key}::int, hashtext('k'))`;
  }
  for (let key = 0; key < 10; key += 1)
    await session`SELECT pg_advisory_lock(${QUEUE_LOCK_CLASS}::int, ${key}::int)`;
  const [run] = await pool.sql<{ latest: number }[]>`SELECT max(run_id)::int AS latest FROM sync.runs`;
  for (let ahead = 0; ahead < 500; ahead += 1)
    await session`SELECT pg_advisory_lock(${RUN_LOCK_CLASS}::int, ${run!.latest + ahead}::int)`;
  const scopes = await pool.sql<{ account: number; puid: string | null; algo: string | null }[]>`
    SELECT DISTINCT coalesce(c.account_id, s.account_id) AS account, c.puid::text, c.algo
      FROM sync.cursors c LEFT JOIN pool.sub_accounts s ON s.puid = c.puid`;
  for (const { account, puid, algo } of scopes) {
    for (const stream of STREAMS.names) {
      const scope = {
        stream,
        accountId: account as AccountId,
        puid: puid === null ? null : (BigInt(puid) as Puid),
        algo,
      };
      await session`SELECT pg_advisory_lock(${SCOPE_LOCK_CLASS}::int, ${lockKeyOf(scope)}::int)`;
    }
  }
}

test('nothing that a reader locks or holds stops a sync', async () => {
  const session = await reader.reserve();
  try {
    await session`SET idle_in_transaction_session_timeout = 0`;
    await grabAdvisoryLocks(session);
    await session`BEGIN ISOLATION LEVEL REPEATABLE READ`;
    await session`SELECT count(*) FROM pool.earnings`;
    await session`LOCK TABLE pool.earnings, pool.rewards, pool.workers, pool.sub_accounts, pool.worker_sample_blocks IN ACCESS SHARE MODE`;
    for (let flood = 0; flood < 500; flood += 1)
      await session`SELECT pg_notify('kpool', ${'x'.repeat(7_000)})`;

    pool.simulator.clock.advance(HOUR_MS);
    const summaries = await pool.sync({}, { verifyBeforeMs: Infinity, span: null });
    const results = summaries.flatMap((summary) => summary.results);
    expect(results.length).toBeGreaterThan(5);
    expect(results.filter(({ outcome }) => outcome !== 'succeeded')).toEqual([]);
    await closeMonth(pool.sql, '2026-09' as Month, { note: null, force: true });
    const registration = await registerQueue(new Secret(database.url), { kind: 'postgres', address: null });
    expect(registration.verdict).toMatchObject({ outcome: 'registered' });
    await registration.release();
    expect((await migrate(pool.sql)).applied).toEqual([]);
    expect([...(await pool.sql`SELECT sync.try_lock('alerts') AS free`)]).toEqual([{ free: true }]);
  } finally {
    await session`ROLLBACK`;
    session.release();
  }
});

test('a reader’s own foreign keys cannot delay a delete', async () => {
  await pool.sql.unsafe(`CREATE SCHEMA own_${role} AUTHORIZATION ${role}`);
  const keys = await pool.sql<{ table: string; columns: string }[]>`
    SELECT i.indrelid::regclass::text AS table, string_agg(quote_ident(a.attname), ', ' ORDER BY x.position) AS columns
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid
     CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS x (attnum, position)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = x.attnum
     WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND c.relnamespace IN ('pool'::regnamespace, 'report'::regnamespace) AND c.relkind IN ('r', 'p')
     GROUP BY i.indexrelid, i.indrelid`;
  expect(keys.length).toBeGreaterThan(15);
  const session = await reader.reserve();
  try {
    await session`SET default_transaction_read_only = off`;
    for (const { table, columns } of keys) {
      await session.unsafe(`CREATE TABLE own_${role}.mine AS SELECT ${columns} FROM ${table}`);
      await expect(
        session.unsafe(
          `ALTER TABLE own_${role}.mine ADD FOREIGN KEY (${columns}) REFERENCES ${table} (${columns})`,
        ),
      ).rejects.toMatchObject({ code: '42501' });
      await session.unsafe(`DROP TABLE own_${role}.mine`);
    }
  } finally {
    session.release();
  }
});

test('a migration that a reader delays names the reader', async () => {
  const migrationsDir = await copyOfMigrations('ALTER TABLE pool.earnings ADD COLUMN later text');
  const session = await reader.reserve();
  try {
    await session`BEGIN`;
    await session`LOCK TABLE pool.earnings IN ACCESS SHARE MODE`;
    const failure = await migrate(pool.sql, { migrationsDir }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'database.failed',
      hint: expect.stringContaining(`of the user ${role}`) as string,
    });
  } finally {
    await session`ROLLBACK`;
    session.release();
    await rm(path.dirname(migrationsDir), { recursive: true });
  }
});

/** A copy of the program's migrations with one more. */
async function copyOfMigrations(script: string): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'kpool-harm-'));
  const migrationsDir = path.join(directory, 'migrations');
  await cp(path.join(findMigrationsDirectory(), '..'), directory, { recursive: true });
  await mkdir(path.join(migrationsDir, '29990101000000_later'));
  await writeFile(path.join(migrationsDir, '29990101000000_later', 'migration.sql'), script);
  return migrationsDir;
}
