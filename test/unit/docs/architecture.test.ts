import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const DOCUMENTS = ['docs/architecture.md', 'docs/recipes.md', 'docs/glossary.md'];
const ARCHITECTURE = DOCUMENTS.map(read).join('\n');

/** Paths of the repository in backticks: in one of its folders, or a file of its root. */
const PATHS = [
  ...new Set(
    [
      ...ARCHITECTURE.matchAll(/`((?:src|jobs|prisma|test|docs|deploy)\/[\w./-]+|\.[\w.-]+|[A-Z]+\.md)`/g),
    ].map(([, found]) => found ?? ''),
  ),
].filter((found) => !found.includes('your_'));

const PROMISES = [...ARCHITECTURE.matchAll(/^\| (P\d+) [^|]*\|[^|]*\|([^|]*)\|$/gm)].map(
  ([, promise = '', tests = '']) => ({
    promise,
    tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? ''),
  }),
);

describe('the documents for contributors', () => {
  test('name many files', () => expect(PATHS.length).toBeGreaterThan(60));

  test.each(PATHS)('name %s, which exists', (file) => expect(existsSync(path.join(ROOT, file))).toBe(true));

  test('list every promise', () =>
    expect(PROMISES.map(({ promise }) => promise)).toEqual(
      Array.from({ length: 12 }, (_, index) => `P${index + 1}`),
    ));

  test.each(PROMISES)('$promise is proven by tests that bear its number', ({ promise, tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const file of tests) expect(read(file)).toMatch(new RegExp(`['"\`]${promise} `));
  });

  test('list every lock that is taken by name', () => {
    const files = ['src', 'prisma'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|sql)$/.test(file) && !file.includes('generated'))
        .map((file) => path.join(folder, file)),
    );
    const names = files.flatMap((file) =>
      [...read(file).matchAll(/(?:sync\.(?:try_)?lock|[lL]ockByName)\(([^;]*?)\)/g)].flatMap(
        ([, names = '']) => [...names.matchAll(/'(\w+)/g)].map(([, name]) => name),
      ),
    );
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) expect(ARCHITECTURE).toMatch(new RegExp(`^\\|.*\`${name}[ \`].*\\|$`, 'm'));
  });

  test.each(['README.md', 'CONTRIBUTING.md'])('are found from %s', (file) =>
    expect(DOCUMENTS.filter((document) => !read(file).includes(document))).toEqual([]),
  );
});

test('no file refers to a document that is not in the repository', () => {
  const files = ['src', 'jobs', 'prisma', 'docs', 'test'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|sql|md|prisma)$/.test(file))
      .map((file) => path.join(folder, file)),
  );
  const absent = files
    .filter((file) => file !== path.relative(ROOT, __filename) && !file.includes('generated'))
    .flatMap((file) =>
      [...read(file).matchAll(/\b(?:DESIGN|STYLE|STACK)(?:\.md| §)|(?<=\b)docs\/[\w-]+\.md/g)].map(
        ([found]) => ({
          file,
          found,
        }),
      ),
    )
    .filter(({ found }) => !existsSync(path.join(ROOT, found)));
  expect(absent).toEqual([]);
});
