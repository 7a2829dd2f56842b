import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { COMMANDS } from '../../../src/cli/commands';
import { FORMATS } from '../../../src/report/export/formats';
import { STATEMENT_COLUMNS } from '../../../src/report/export/statement';

const ROOT = path.join(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const MIGRATIONS = readdirSync(path.join(ROOT, 'prisma/migrations'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()
  .map((name) => read(`prisma/migrations/${name}/migration.sql`))
  .join('\n');

/** Paths of the JSON API, as `docs/pages.md` writes them. */
const API_PATHS = [...read('src/web/routes/api.ts').matchAll(/'(\/[\w/:]+)'(?=, describeRoute|,\n)/g)].map(
  ([, route = '']) => route.replace(/:(\w+)/g, '{$1}'),
);

const FORMAT_NAMES = Object.entries(FORMATS).flatMap(([format, { files }]) => [
  format,
  ...Object.keys(files),
]);

describe('the documents list', () => {
  test('every command, in the order of the help', () => {
    const listed = [...read('README.md').matchAll(/^\| `npx kpool ([a-z][\w-]*)/gm)].map(([, name]) => name);
    expect(listed).toEqual(COMMANDS.map(({ name }) => name));
  });

  test('the test command that decides what lands', () => {
    const [command = ''] = /^npm .*$/m.exec(read('.ci/run')) ?? [];
    expect(read('README.md')).toContain(`\`${command}\``);
  });

  test('every column of a statement', () => {
    const guide = read('docs/accounting.md');
    expect(STATEMENT_COLUMNS.filter(({ name }) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  test('every export format, as the database does', () => {
    const guide = read('docs/accounting.md');
    // The last migration that writes a comment decides.
    const commentOn = (column: string): string =>
      [
        ...MIGRATIONS.matchAll(new RegExp(`COMMENT ON COLUMN book\\.exports\\.${column} IS '([^']*)'`, 'g')),
      ].at(-1)?.[1] ?? '';
    const listed = `${commentOn('format')} ${commentOn('file_type')}`;
    expect(FORMAT_NAMES.filter((name) => !guide.includes(name))).toEqual([]);
    expect(FORMAT_NAMES.filter((name) => !listed.includes(name))).toEqual([]);
  });

  test('every path of the API', () => {
    const page = read('docs/pages.md');
    expect(API_PATHS.length).toBeGreaterThan(4);
    expect(API_PATHS.filter((route) => !page.includes(`${route}\``))).toEqual([]);
  });
});
