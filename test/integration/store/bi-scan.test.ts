import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { presentField, presentTable } from '../../../src/metabase/presentation';
import { readRelations } from '../../../src/metabase/relations';
import { grantReader } from '../../../src/store/readers/reader-login';
import { SALT_BYTES, scramVerifier } from '../../../src/store/readers/scram-verifier';
import {
  scanKeysByDriver,
  scanKeysByMetabase,
  scanRows,
  scanTables,
  scanValues,
  type ScannedTable,
} from '../../support/bi-scan';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const PASSWORD = 'reader-password';
const role = `reader_${randomBytes(6).toString('hex')}`;
let pool: SyncedPool;
let reader: postgres.Sql;
let tables: readonly ScannedTable[];

const database = useTestDatabase();
database.beforeDrop(async () => {
  await reader.end();
  await pool.sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await pool.close();
});

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: { seed: 7, startAt: Date.now(), world: { subAccountsPerAccount: 2, days: 40 } },
  });
  await pool.sync();
  await grantReader(pool.sql, role, scramVerifier(PASSWORD, randomBytes(SALT_BYTES)));
  const { hostname, port } = new URL(database.url);
  const server = { host: hostname, port: Number(port), database: database.name };
  reader = postgres({ ...server, username: role, password: PASSWORD, max: 1, onnotice: () => undefined });
  tables = await scanTables(reader);
});

test('a BI tool finds the public tables, each column described', () => {
  expect([...new Set(tables.map(({ schema }) => schema))].sort()).toEqual(['pool', 'report']);
  expect(tables.filter(({ kind }) => kind === 'VIEW').length).toBeGreaterThan(25);
  const undescribed = tables.flatMap(({ schema, name, description, columns }) => [
    ...(description === null ? [`${schema}.${name}`] : []),
    ...columns
      .filter((column) => column.description === null)
      .map((column) => `${schema}.${name}.${column.name}`),
  ]);
  expect(undescribed).toEqual([]);
});

const KEYS = [
  'pool.account_income_samples: account_id, currency, observed_at',
  'pool.accounts: account_id',
  'pool.algorithms: account_id, algo',
  'pool.earning_revisions: revision_id',
  'pool.earnings: puid, algo, currency, mined_at, ordinal',
  'pool.reward_revisions: revision_id',
  'pool.rewards: puid, algo, currency, mined_at, type, ordinal',
  'pool.sub_account_income_samples: puid, currency, observed_at',
  'pool.sub_account_samples: puid, observed_at',
  'pool.sub_accounts: puid',
  'pool.worker_daily: puid, algo, worker_id, day',
  'pool.worker_hourly: puid, algo, worker_id, hour',
  'pool.worker_sample_blocks: puid, algo, observed_at, first_worker_id',
  'pool.worker_snapshots: snapshot_id',
  'pool.workers: puid, algo, worker_id',
  'report.fleet_day_totals: puid, algo, day_utc',
  'report.fleet_hour_totals: puid, algo, hour',
];

test('a BI tool finds the primary key of every table', async () => {
  const { primary } = await scanKeysByMetabase(reader);
  const byTable = new Map<string, string[]>();
  for (const key of primary) {
    const [table, column] = [key.slice(0, key.lastIndexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
    byTable.set(table, [...(byTable.get(table) ?? []), column]);
  }
  expect([...byTable].map(([table, columns]) => `${table}: ${columns.join(', ')}`)).toEqual(KEYS);
  expect([...(await scanKeysByDriver(reader, tables)).primary].sort()).toEqual([...primary].sort());
  const withoutKey = tables.filter(
    ({ schema, name, kind }) => kind !== 'VIEW' && !byTable.has(`${schema}.${name}`),
  );
  expect(withoutKey).toEqual([]);
});

const TO_ACCOUNTS = ['account_income_samples', 'algorithms', 'sub_accounts'].map((name) => `pool.${name}`);
const TO_SUB_ACCOUNTS = [
  'earning_revisions',
  'earnings',
  'reward_revisions',
  'rewards',
  'sub_account_income_samples',
  'sub_account_samples',
  'worker_daily',
  'worker_snapshots',
  'workers',
].map((name) => `pool.${name}`);
const TOTALS = ['report.fleet_day_totals', 'report.fleet_hour_totals'];

test('a BI tool draws these links between tables, and no other', async () => {
  const { links } = await scanKeysByMetabase(reader);
  expect([...links].sort()).toEqual(
    [
      ...TO_ACCOUNTS.map((table) => `${table}.account_id > pool.accounts.account_id`),
      ...[...TO_SUB_ACCOUNTS, ...TOTALS].map((table) => `${table}.puid > pool.sub_accounts.puid`),
    ].sort(),
  );
  expect([...(await scanKeysByDriver(reader, tables)).links].sort()).toEqual([...links].sort());
});

test('links drawn by kpool metabase setup lead to a row', async () => {
  const shown = (await readRelations(reader)).filter((each) => presentTable(each).visibility_type === null);
  const links = shown.flatMap((relation) =>
    relation.columns.flatMap((column) => {
      const { refersTo } = presentField(relation, column);
      return refersTo === undefined ? [] : [[`${relation.schema}.${relation.name}`, column.name, refersTo]];
    }),
  );
  expect(links.length).toBeGreaterThan(60);
  for (const [from = '', column = '', target = ''] of links) {
    const home = target.slice(0, target.lastIndexOf('.'));
    // Changes also contain rewards that repeat an earning, which are not items of income.
    const isItem = from === 'report.changes' && column === 'row_id' ? `f.stream = 'earnings'` : 'true';
    const lost = await reader.unsafe(
      `SELECT DISTINCT f.${column} FROM ${from} f LEFT JOIN ${home} t ON t.${column} = f.${column}
        WHERE f.${column} IS NOT NULL AND ${isItem} AND t.${column} IS NULL LIMIT 3`,
    );
    expect([from, column, [...lost]]).toEqual([from, column, []]);
  }
});

test('a BI tool can read rows and values of every table', async () => {
  const lists: string[] = [];
  for (const table of tables) {
    for (const column of await scanRows(reader, table)) {
      expect(await scanValues(reader, table, column)).toBeGreaterThan(0);
      lists.push(`${table.schema}.${table.name}.${column}`);
    }
  }
  expect(lists).toEqual(
    expect.arrayContaining([
      'report.income_ledger.currency',
      'report.worker_status.status',
      'pool.rewards.type',
    ]),
  );
});
