import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let puid: number;

const database = useTestDatabase({ connections: 2 });
const { sql } = database;
beforeAll(async () => {
  puid = puidOf(await createLedgerAccount(sql, 'main'), 1);
});

async function explain(...args: readonly string[]) {
  return runCliInProcess(['explain', ...args], { DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
}

test('P4 kpool explain shows the states, proof and close of a row', async () => {
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
    VALUES (${puid}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1.000000000000000001, 'WAIT_SETTLE')`;
  await sql`
    INSERT INTO sync.certificates (run_id, stream, puid, algo, from_at, to_at, rows_served, rows_landed, requests, content_hash, observed_at)
    VALUES (7, 'earnings', ${puid}, 'SHA256d', '2026-09-01Z', 'infinity', 1, 1, 1, 'abc', sync.now())`;
  await sql`INSERT INTO sync.closes (month, action, instant) VALUES ('2026-10-01', 'close', sync.fix_ledger_instant())`;
  await sql`UPDATE pool.earnings SET amount = 2, status = 'SETTLED', settled_at = '2026-10-02Z' WHERE puid = ${puid}`;
  const [row] = await sql<{ id: string }[]>`SELECT row_id AS id FROM report.income_ledger`;
  const result = await explain(row!.id, '--json');
  expect(result.code).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({
    rowId: row!.id,
    account: 'main',
    subAccount: 'farm 1',
    puid: String(puid),
    currency: 'BTC',
    counts: 'counts as income',
    value: null,
    states: [
      { change: 'appeared', amount: '1.000000000000000001', status: 'WAIT_SETTLE', settledAt: null },
      {
        change: 'settled',
        amount: '2',
        status: 'SETTLED',
        settledAt: '2026-10-02T00:00:00.000000Z',
        to: null,
      },
    ],
    certificates: [{ rowsServed: 1, contentHash: 'abc', run: 'run 7' }],
    closes: [{ month: '2026-10', action: 'close', amount: '1.000000000000000001' }],
  });
  expect((await explain(row!.id)).stdout).toContain('It counts as income.');
  // A withdrawn row can be explained, too.
  await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE puid = ${puid}`;
  expect((await explain(row!.id)).stdout).toContain('It does not count: the pool withdrew it.');
});

test('P4 kpool explain names the exports that contain a row', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kpool-explain-'));
  try {
    const other = puidOf(await createLedgerAccount(sql, 'other'), 1);
    const earn = (day: string, of = other) => sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${of}, 'SHA256d', 'KAS', ${day}::text::timestamptz, 0, 3, 'WAIT_SETTLE')`;
    await earn('2026-08-01Z');
    const kpool = async (...args: readonly string[]) => {
      const end = await runCliInProcess([...args, '--json'], {
        DATABASE_URL: database.url,
        LOG_LEVEL: 'silent',
      });
      return JSON.parse(end.stdout) as {
        paths: string[];
        exports: { file: string; amount: string | null }[];
      };
    };
    const written = async (...args: readonly string[]) =>
      path.basename((await kpool('export', ...args, '--out', folder)).paths[0]!);
    const holding = [
      await written('statement', '--month', '2026-08'),
      await written('statement', '--month', '2026-08', '--account', 'other'),
    ];
    // Exports of another month, account or basis, and one from before the row was known.
    await written('statement', '--month', '2026-07');
    await written('statement', '--month', '2026-08', '--account', 'main');
    await written('koinly');
    await written('statement', '--month', '2026-08', '--as-of', '2020-01-01T00:00:00Z');
    await sql`UPDATE pool.earnings SET amount = 4 WHERE puid = ${other}`;
    const changes = await written('statement', '--month', '2026-08', '--since-last');
    await sql`UPDATE pool.earnings SET withdrawn_at = sync.now() WHERE puid = ${other}`;
    const removed = await written('statement', '--month', '2026-08', '--since-last');
    const [row] = await sql<{ id: string }[]>`
      SELECT sync.income_row_id('other', ${other}, 'SHA256d', 'KAS', 'earnings', NULL, '2026-08-01Z', 0) AS id`;
    const { exports } = await kpool('explain', row!.id);
    expect(exports.map(({ file, amount }) => [file, amount])).toEqual([
      [holding[0], '3'],
      [holding[1], '3'],
      [changes, '4'],
      [removed, null],
    ]);
    const [{ rows } = { rows: 0 }] = await sql<
      { rows: number }[]
    >`SELECT count(*)::int AS rows FROM book.exports`;
    expect(rows).toBe(8);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('P4 kpool explain names no file that left the row out', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kpool-explain-'));
  const account = 'nothing to book';
  try {
    const own = puidOf(await createLedgerAccount(sql, account), 1);
    const write = async (...args: readonly string[]): Promise<void> => {
      const options = ['--account', account, '--out', folder];
      const end = await runCliInProcess(['export', ...args, ...options], {
        DATABASE_URL: database.url,
        LOG_LEVEL: 'silent',
      });
      expect(end.code).toBe(0);
    };
    const filesOf = async (day: string): Promise<readonly string[]> => {
      const [row] = await sql<{ id: string }[]>`
        SELECT sync.income_row_id(${account}, ${own}, 'SHA256d', 'KAS', 'earnings', NULL, ${day}::text::timestamptz, 0) AS id`;
      const result = JSON.parse((await explain(row!.id, '--json')).stdout) as { exports: { file: string }[] };
      return result.exports.map(({ file }) => file.replace(/-.*/, ''));
    };
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status, settled_at)
      VALUES (${own}, 'SHA256d', 'KAS', '2026-05-01Z', 0, 0, 'SETTLED', '2026-05-02Z'),
             (${own}, 'SHA256d', 'KAS', '2026-05-02Z', 0, 5, 'SETTLED', '2026-05-03Z')`;
    for (const format of ['statement', 'koinly', 'cointracker', 'journal'])
      await write(format, ...(format === 'journal' ? ['--format', 'hledger'] : []));
    expect(await filesOf('2026-05-01Z')).toEqual(['statement']);
    expect(await filesOf('2026-05-02Z')).toEqual(['statement', 'koinly', 'cointracker', 'journal']);
    // Only its settle time has changed, which moves no money.
    await sql`UPDATE pool.earnings SET settled_at = '2026-05-04Z' WHERE puid = ${own} AND amount = 5`;
    for (const format of ['statement', 'koinly']) await write(format, '--since-last');
    expect((await filesOf('2026-05-02Z')).slice(4)).toEqual(['statement']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('kpool explain refuses an unknown id', async () => {
  const result = await explain('0'.repeat(32));
  expect([result.code, result.stderr]).toEqual([
    2,
    expect.stringContaining(`There is no ledger row with the id ${'0'.repeat(32)}.`) as string,
  ]);
});
