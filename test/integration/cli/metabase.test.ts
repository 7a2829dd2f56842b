import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { layOut } from '../../../src/metabase/make-dashboard';
import { readDashboards, takesFilter } from '../../../src/metabase/questions';
import { readRelations } from '../../../src/metabase/relations';
import { presentField } from '../../../src/metabase/presentation';
import type { KpoolEnd } from '../../support/built-kpool';
import { runCliInProcess } from '../../support/cli-in-process';
import { startMetabaseStandIn, type MetabaseStandIn } from '../../support/metabase/stand-in';
import { useTestDatabase } from '../../support/test-database';

const ROLE = `mb_${process.pid}_${Date.now() % 100_000}`;
let folder: string;
let metabase: MetabaseStandIn;

const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(async () => {
  await sql.unsafe(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kpool-metabase-'));
});
afterEach(() => metabase.close());

const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), `${text}\n`);
  return path.join(folder, name);
};
const setUp = (...flags: readonly string[]): Promise<KpoolEnd> =>
  runCliInProcess(['metabase', 'setup', '--url', metabase.url, '--role', ROLE, ...flags], {
    DATABASE_URL: database.url,
  });
const withKey = (): string[] => ['--api-key-file', file('key', metabase.state.apiKey)];

const fieldOf = (place: string) => {
  const [schema, table, column] = place.split('.');
  const found = metabase.state.tables.find((each) => each.schema === schema && each.name === table);
  return found?.fields.find(({ name }) => name === column);
};

test('a new Metabase gets its administrator and all questions', async () => {
  metabase = await startMetabaseStandIn({ isNew: true });
  const password = file('password', 'correct horse battery');
  const end = await setUp('--email', 'me@example.com', '--password-file', password);
  expect([end.code, end.stdout]).toEqual([0, expect.stringContaining(`Money    ${metabase.url}/dashboard/`)]);
  expect(metabase.state.users.map(({ email }) => email)).toEqual(['me@example.com']);
  expect(metabase.state.dashboards.map(({ name }) => name)).toEqual(['Money', 'Fleet', 'Trust']);
  expect(metabase.state.collections.map(({ name }) => name)).toEqual(['KuCoin Pool', 'Money', 'Operations']);
});

test('a second set-up doubles and changes nothing', async () => {
  metabase = await startMetabaseStandIn();
  expect((await setUp(...withKey())).code).toBe(0);
  const count = (): number[] =>
    [
      metabase.state.databases,
      metabase.state.collections,
      metabase.state.cards,
      metabase.state.dashboards,
    ].map(({ length }) => length);
  const before = count();
  const again = await setUp(...withKey(), '--json');
  expect(count()).toEqual(before);
  expect(JSON.parse(again.stdout)).toMatchObject({ tablesChanged: 0, columnsChanged: 0, questionsMade: 0 });
});

test('money is shown digit for digit, and links lead to the row', async () => {
  metabase = await startMetabaseStandIn();
  await setUp(...withKey());
  const total = fieldOf('report.monthly_income.total');
  expect(total).toMatchObject({ semantic_type: null, settings: { number_style: 'decimal', decimals: 8 } });
  const dollars = metabase.state.tables
    .flatMap(({ fields }) => fields)
    .filter(({ semantic_type: type }) => type === 'type/Income');
  expect(dollars).toEqual([]);
  expect(fieldOf('report.monthly_income.total_text')?.visibility_type).toBe('details-only');
  const key = fieldOf('pool.sub_accounts.puid');
  expect(key?.semantic_type).toBe('type/PK');
  expect(fieldOf('report.income_ledger.puid')).toMatchObject({
    semantic_type: 'type/FK',
    fk_target_field_id: key?.id,
  });
  const hidden = metabase.state.tables.filter((table) => table.visibility_type === 'hidden');
  expect(hidden.map(({ name }) => name)).toContain('earning_revisions');
});

test('no list of values reads a long table', async () => {
  metabase = await startMetabaseStandIn();
  await setUp(...withKey());
  expect(fieldOf('report.income_ledger.currency')?.has_field_values).toBe('search');
  expect(fieldOf('report.monthly_income.currency')?.has_field_values).toBe('list');
});

test('P10 the login can only read, and no secret is shown', async () => {
  metabase = await startMetabaseStandIn();
  const end = await setUp(...withKey());
  const { details } = metabase.state.databases[0]!;
  for (const secret of [metabase.state.apiKey, details.password])
    expect(`${end.stdout}${end.stderr}`).not.toContain(secret);
  const reader = postgres({
    host: details.host,
    port: details.port,
    database: details.dbname,
    username: details.user,
    password: details.password,
    max: 1,
    onnotice: () => undefined,
  });
  await expect(reader`SELECT 1 FROM sync.runs`).rejects.toThrow('permission denied');
  for (const question of (await readDashboards()).flatMap(({ questions }) => questions)) {
    const filtered = question.sql.replace(/\[\[(.*?)\]\]/gs, '$1').replaceAll('{{currency}}', `'BTC'`);
    for (const text of [question.sql.replace(/\[\[.*?\]\]/gs, ''), filtered]) {
      const { columns } = await reader.unsafe(text);
      const names = columns.map(({ name }) => name);
      expect([question.name, names]).toEqual([
        question.name,
        expect.arrayContaining([...question.x, ...question.y]),
      ]);
    }
  }
  await reader.end();
});

test.each([
  ['a wrong key', {}, ['--api-key-file', 'wrong'], 2, 'does not let this user'],
  ['a new Metabase and a key', { isNew: true }, ['--api-key-file', 'wrong'], 2, 'has no user yet'],
  ['an old Metabase', { version: 'v0.47.3' }, ['--api-key-file', 'wrong'], 2, 'Version 50 or later'],
  ['a command without credentials', {}, [], 2, 'No Metabase credentials are given'],
] as const)('%s is refused before anything is created', async (_name, options, flags, code, sentence) => {
  metabase = await startMetabaseStandIn(options);
  const named = flags.map((flag) => (flag === 'wrong' ? file('wrong', 'mb_wrong_key') : flag));
  const end = await setUp(...named);
  expect([end.code, end.stderr]).toEqual([code, expect.stringContaining(sentence)]);
  expect(metabase.state.databases).toEqual([]);
});

test('a user who is no administrator changes no login', async () => {
  metabase = await startMetabaseStandIn();
  await setUp(...withKey());
  const [before] = await sql`SELECT rolpassword FROM pg_authid WHERE rolname = ${ROLE}`;
  metabase.state.isAdministrator = false;
  const end = await setUp(...withKey());
  expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('no administrator')]);
  expect((await sql`SELECT rolpassword FROM pg_authid WHERE rolname = ${ROLE}`)[0]).toEqual(before);
});

test('a Metabase that cannot be reached is named, with exit 1', async () => {
  metabase = await startMetabaseStandIn();
  const { url } = metabase;
  await metabase.close();
  metabase = await startMetabaseStandIn();
  const end = await runCliInProcess(['metabase', 'setup', '--url', url, '--role', ROLE, ...withKey()], {
    DATABASE_URL: database.url,
  });
  expect([end.code, end.stderr]).toEqual([
    1,
    expect.stringContaining(`Metabase at ${url} cannot be reached`),
  ]);
});

test('a database that Metabase cannot reach is reported', async () => {
  metabase = await startMetabaseStandIn();
  const end = await setUp(...withKey(), '--database-host', '127.0.0.1', '--database-port', '1');
  expect([end.code, end.stderr]).toEqual([2, expect.stringContaining('POST /api/database with HTTP 400')]);
});

test('every numeric column has a format', async () => {
  metabase = await startMetabaseStandIn();
  const unsaid = (await readRelations(sql)).flatMap((relation) =>
    relation.columns
      .filter(({ type }) => type === 'numeric')
      .filter((column) => presentField(relation, column).semantic_type === undefined)
      .map(({ name }) => `${relation.name}.${name}`),
  );
  expect(unsaid).toEqual([]);
});

test('questions stand side by side without overlapping', async () => {
  metabase = await startMetabaseStandIn();
  for (const { questions } of await readDashboards()) {
    expect(questions.length).toBeGreaterThan(3);
    const cells = layOut(questions).flatMap(({ row, col, size_x: width, size_y: height }) =>
      Array.from({ length: width * height }, (_, n) => `${row + Math.floor(n / width)}:${col + (n % width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...cells.map((cell) => Number(cell.split(':')[1])))).toBeLessThan(24);
  }
  expect((await readDashboards()).flatMap(({ questions }) => questions).some(takesFilter)).toBe(true);
});
