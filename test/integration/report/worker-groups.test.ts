import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

let directory: string;

const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => rm(directory, { recursive: true }));
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'kpool-groups-'));
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'x')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, 'farm')`;
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, status)
    VALUES (7, 'SHA256d', 1, 'hall-a-01', 'ACTIVE'), (7, 'SHA256d', 2, 'hall-b-01', 'ACTIVE')`;
});

async function importCsv(text: string | Buffer) {
  const file = path.join(directory, 'groups.csv');
  await writeFile(file, text);
  return runCliInProcess(['worker-groups', 'import', file, '--json'], { DATABASE_URL: database.url });
}

const mapping = async (): Promise<string[]> => {
  const rows = await sql`
    SELECT concat_ws('|', prefix, site, customer, model) AS line FROM book.worker_groups ORDER BY prefix`;
  return rows.map(({ line }) => line as string);
};

test('a CSV file replaces the whole mapping', async () => {
  const first = await importCsv(
    '\uFEFFprefix,site,customer,model\r\nhall-,"North, upper ""A""",Ada,S19\r\nzzz,,,\r\n',
  );
  expect([first.code, JSON.parse(first.stdout)]).toEqual([
    0,
    [
      { prefix: 'hall-', site: 'North, upper "A"', customer: 'Ada', model: 'S19', workers: 2 },
      { prefix: 'zzz', site: null, customer: null, model: null, workers: 0 },
    ],
  ]);
  expect(first.stderr).toContain('no listed worker matches zzz');
  const second = await importCsv('customer,prefix\nBob,hall-a\nAda,hall-\n');
  expect(second.code).toBe(0);
  expect(await mapping()).toEqual(['hall-|Ada', 'hall-a|Bob']);
  const rows = await sql`SELECT worker_name, customer FROM report.worker_status ORDER BY worker_name`;
  expect(rows.map((row) => Object.values(row).join(' '))).toEqual(['hall-a-01 Bob', 'hall-b-01 Ada']);
});

test.each([
  ['names no columns', 'hall-a,north\nhall-b,north\n', 'row 1'],
  ['has a column that nobody knows', 'prefix,place\na,b\n', 'place'],
  ['has a prefix twice', 'prefix,site\na,1\na,2\n', 'a prefix occurs twice'],
  ['has too many values', 'prefix,site\na,1,2\n', 'line 2'],
  ['has no prefix', 'prefix,site\na,1\n,1\n', 'row 2: a prefix is empty'],
  ['has a quote that does not end', 'prefix\n"a\n', 'Quote Not Closed'],
  ['is no UTF-8', Buffer.from('prefix\n\xff\n', 'latin1'), 'UTF-8'],
])('a file that %s is refused and changes nothing', async (_, text, said) => {
  const before = await mapping();
  const { code, stderr } = await importCsv(text);
  expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  expect(await mapping()).toEqual(before);
});
