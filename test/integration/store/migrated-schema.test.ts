import postgres from 'postgres';
import { INSERT_SAMPLE_BLOCKS } from '../../../src/store/fleet/sample-blocks';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();
const { sql } = database;

test('everything that a person sees in the database is explained', async () => {
  const silent = await sql<{ name: string }[]>`
    WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('book', 'pool', 'pool_parts', 'report', 'sync'))
    SELECT 'schema ' || nspname AS name FROM ours WHERE obj_description(oid, 'pg_namespace') IS NULL
    UNION ALL
    SELECT 'table or view ' || c.oid::regclass FROM pg_class c JOIN ours ON ours.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND obj_description(c.oid, 'pg_class') IS NULL
    UNION ALL
    SELECT 'column ' || c.oid::regclass || '.' || a.attname
      FROM pg_class c JOIN ours ON ours.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
       AND col_description(c.oid, a.attnum) IS NULL
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
     WHERE obj_description(p.oid, 'pg_proc') IS NULL`;
  expect(silent.map((row) => row.name)).toEqual([]);
});

describe('a member of kpool_reader', () => {
  async function asReader(statement: string): Promise<unknown> {
    return sql.begin(async (transaction) => {
      await transaction`SET LOCAL ROLE kpool_reader`;
      return transaction.unsafe(statement);
    });
  }

  test('reads every table and view of pool and report', async () => {
    const relations = await sql<{ name: string }[]>`
      SELECT oid::regclass AS name FROM pg_class
       WHERE relnamespace IN ('pool'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm')`;
    expect(relations.length).toBeGreaterThanOrEqual(15);
    for (const { name } of relations) await asReader(`SELECT * FROM ${name} LIMIT 1`);
  });

  test('reads tables and partitions that are created later', async () => {
    await sql`CREATE TABLE pool.later ()`;
    await sql`CREATE VIEW report.later AS SELECT sync.now() AS at`;
    await sql`SELECT sync.ensure_worker_sample_partitions('2026-11-01', '2026-11-02')`;
    await asReader('SELECT * FROM pool.later');
    await asReader('SELECT * FROM report.later');
    await asReader('SELECT * FROM pool.worker_samples');
    await sql`DROP TABLE pool.later`;
    await sql`DROP VIEW report.later`;
  });

  test('cannot enter any other schema of ours', async () => {
    const rows = await sql`
      SELECT nspname::text AS schema FROM pg_namespace
       WHERE has_schema_privilege('kpool_reader', oid, 'USAGE')
         AND nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public') ORDER BY 1`;
    expect(rows.map((row) => row['schema'] as string)).toEqual(['pool', 'report']);
  });

  test.each([
    'SELECT * FROM sync.cursors',
    'SELECT sync.fix_ledger_instant()',
    "UPDATE pool.accounts SET account_name = 'mine'",
    'TRUNCATE pool.workers',
    'CREATE TABLE pool.mine ()',
  ])('may not: %s', async (statement) => {
    await expect(asReader(statement)).rejects.toThrow(/permission denied/);
  });
});

test('samples of a day share a partition, which is dropped whole', async () => {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('samples', 'f')`;
  const [account] = await sql<{ id: number }[]>`SELECT account_id AS id FROM pool.accounts`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (${account!.id}, 1, 'sub')`;
  await sql`INSERT INTO pool.workers (puid, algo, worker_id, worker_name) VALUES (1, 'a', 1, 'w')`;

  const clients = [1, 2, 3, 4].map(() => postgres(database.url, { max: 1 }));
  const made = await Promise.all(
    clients.map(
      (client) => client`SELECT sync.ensure_worker_sample_partitions('2026-12-30', '2027-01-02') AS made`,
    ),
  );
  await Promise.all(clients.map((client) => client.end()));
  expect(made.flat().reduce((sum, row) => sum + Number(row['made']), 0)).toBe(3);

  const instants = ['2026-12-30T00:00:00.000Z', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00.000Z'];
  const addSamples = (at: readonly string[]) => sql`
    WITH sampled AS (SELECT 1 AS puid, 'a' AS algo, 1 AS worker_id, unnest(${at}::timestamptz[]) AS observed_at,
                            NULL::numeric AS real_hash_rate_hps, NULL::numeric AS hour_hash_rate_hps,
                            NULL::numeric AS day_hash_rate_hps, NULL::numeric AS reject_rate,
                            NULL::timestamptz AS last_share_at, NULL::text AS status)
    ${sql.unsafe(INSERT_SAMPLE_BLOCKS)}`;
  await addSamples(instants);
  await expect(addSamples(['2027-01-02T00:00:00Z'])).rejects.toThrow('no partition of relation');

  const [dropped] = await sql`SELECT sync.drop_worker_sample_partitions('2027-01-01') AS dropped`;
  expect(dropped).toEqual({ dropped: expect.any(Number) as number });
  expect(await sql`SELECT observed_at FROM pool.worker_samples`).toEqual([
    { observed_at: new Date('2027-01-01T00:00:00.000Z') },
  ]);
});

test('a partition that somebody reads is dropped next time', async () => {
  await sql`SELECT sync.ensure_worker_sample_partitions('2020-01-01', '2020-01-02')`;
  const reader = postgres(database.url, { max: 1 });
  await reader.begin(async (transaction) => {
    await transaction`SELECT count(*) FROM pool.worker_samples`;
    expect(await sql`SELECT sync.drop_worker_sample_partitions('2020-01-02') AS dropped`).toEqual([
      { dropped: 0 },
    ]);
  });
  await reader.end();
  expect(await sql`SELECT sync.drop_worker_sample_partitions('2020-01-02') AS dropped`).toEqual([
    { dropped: 1 },
  ]);
});

test('P1 an amount that would have to be rounded is refused', async () => {
  const insert = (amount: string) =>
    sql.begin(async (transaction) => {
      await transaction`INSERT INTO pool.accounts (account_id, account_name, key_fingerprint) VALUES (99, 'p1', 'f')`;
      await transaction`INSERT INTO pool.account_income_samples VALUES (99, 'BTC', sync.now(), ${amount})`;
      const [row] =
        await transaction`SELECT amount::text FROM pool.account_income_samples WHERE account_id = 99`;
      await transaction`DELETE FROM pool.account_income_samples WHERE account_id = 99`;
      await transaction`DELETE FROM pool.accounts WHERE account_id = 99`;
      return row?.['amount'] as unknown;
    });
  expect(await insert('12345678901234567890.123456789012345678')).toBe(
    '12345678901234567890.123456789012345678',
  );
  expect(await insert('0.10000000000000000000000')).toBe('0.10000000000000000000000');
  for (const amount of ['0.1234567890123456789', '100000000000000000000', 'NaN', 'Infinity']) {
    await expect(insert(amount)).rejects.toThrow('account_income_samples_amount_exact');
  }
});

test('sync.unknown_values and its indexes know the same values', async () => {
  const indexes = ['earnings_unknown_status', 'rewards_unknown_status', 'rewards_unknown_type'];
  const [view] = await sql<
    { text: string }[]
  >`SELECT pg_get_viewdef('sync.unknown_values'::regclass) AS text`;
  for (const index of indexes) {
    const [{ predicate = '' } = {}] = await sql<{ predicate?: string }[]>`
      SELECT pg_get_expr(indpred, indrelid) AS predicate FROM pg_index WHERE indexrelid = ${`pool.${index}_idx`}::regclass`;
    const [known = 'no list'] = /\w+ <> ALL \(ARRAY\[[^\]]*\]\)/.exec(predicate) ?? [];
    expect(view!.text).toContain(known);
  }
});
