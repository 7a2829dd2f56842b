import { readSourceFiles } from '../support/source-files';

const PROGRAM = readSourceFiles(['src', 'jobs'], /\.tsx?$/);

/** A top-level declaration: prettier indents all others. */
const DECLARATION =
  /^(export )?(?:abstract |async )*(?:const|let|function\*?|class|interface|type) ([\w$]+)/gm;
const CONSTANT = /^(?:export )?const ([A-Z][A-Z\d_]+)\b[^=]*= ([^;]*)/gm;

function collect(found: readonly (readonly [name: string, what: string])[]): Map<string, Set<string>> {
  const byName = new Map<string, Set<string>>();
  for (const [name, what] of found) byName.set(name, (byName.get(name) ?? new Set()).add(what));
  return byName;
}

test('an exported name is declared in one file only', () => {
  const declared = PROGRAM.flatMap(({ file, text }) =>
    [...text.matchAll(DECLARATION)].map(([, exported, name = '']) => ({ file, name, exported })),
  );
  expect(declared.length).toBeGreaterThan(2_000);
  const exported = new Set(declared.flatMap(({ name, exported }) => (exported === undefined ? [] : [name])));
  const ambiguous = [...collect(declared.map(({ name, file }) => [name, file]))].filter(
    ([name, files]) => exported.has(name) && files.size > 1,
  );
  expect(ambiguous.map(([name, files]) => `${name}: ${[...files].join(', ')}`)).toEqual([]);
});

test('constants of one name have one value', () => {
  const values = PROGRAM.flatMap(({ text }) =>
    [...text.matchAll(CONSTANT)].map(([, name = '', value = '']) => [name, value.trim()] as const),
  );
  expect(values.length).toBeGreaterThan(500);
  expect([...collect(values)].flatMap(([name, texts]) => (texts.size > 1 ? [name] : []))).toEqual([]);
});

const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:\\'"`/\w])\/\/.*$/gm;
/** `name`, `name()`, `Type.member`. */
const NAMED = /`([A-Za-z_$][\w$]*(?:\.[\w$]+)*)(?:\(\))?`/g;
/** `NAME_FILE`: a variable that is called NAME, and its file. */
const PLACEHOLDERS = ['NAME', 'NAME_FILE'];

test('what a comment names in backticks exists', () => {
  const code = [
    ...readSourceFiles(['src', 'jobs', 'test', 'bench', 'scripts'], /\.(tsx?|[cm]?js)$/).map(({ text }) =>
      text.replace(COMMENT, ''),
    ),
    ...readSourceFiles(['prisma'], /\.(sql|prisma|json)$/).map(({ text }) => text),
  ];
  const words = new Set([...PLACEHOLDERS, ...code.flatMap((text) => text.match(/[A-Za-z_$][\w$]*/g) ?? [])]);
  const unknown = readSourceFiles(['src', 'jobs', 'test', 'bench'], /\.tsx?$/).flatMap(({ file, text }) =>
    [...(text.match(COMMENT) ?? []).join('\n').matchAll(NAMED)].flatMap(([, name = '']) =>
      name.split('.').every((part) => words.has(part)) ? [] : [`${file}: ${name}`],
    ),
  );
  expect(unknown).toEqual([]);
});

const SOURCE = /\.(tsx?|mjs|sql|prisma)$/;
/** A file by its name, or by the end of its path. */
const FILE_NAMED = /(?<![\w./@-])(?:\.\/)?((?:[\w-]+\/)*[\w.-]*\w\.(?:tsx?|mjs|sql|prisma|md))\b(?!\()/g;

test('a file that a comment names exists', () => {
  const sources = readSourceFiles(['src', 'jobs', 'test', 'bench', 'scripts', 'prisma'], SOURCE);
  const paths = [...sources, ...readSourceFiles(['docs'], /\.md$/)].map(({ file }) => `/${file}`);
  const named = sources.flatMap(({ file, text }) =>
    [...(text.match(file.endsWith('.sql') ? /--.*$/gm : COMMENT) ?? []).join('\n').matchAll(FILE_NAMED)].map(
      ([, name = '']) => ({ file, name }),
    ),
  );
  expect(named.length).toBeGreaterThan(50);
  const absent = named.filter(({ name }) => !paths.some((known) => known.endsWith(`/${name}`)));
  expect(absent.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
});

/** Phrases that read as translated, and what to write. */
const PHRASES: Readonly<Record<string, string>> = {
  'any more': 'no longer',
  anew: 'again',
  'as ever': 'as before',
  'for ever': 'forever',
  'is told': 'name who says what to whom',
  'is said': 'name who says it',
  'since ever': 'lifetime',
  'so long': 'for this long',
  'tell apart': 'distinguish',
  sweep: 'pass',
  vouches: 'trusts',
  whoever: 'name the caller',
};

test('no file uses a phrase that reads as translated', () => {
  const phrase = new RegExp(`\\b(${Object.keys(PHRASES).join('|')})\\b`, 'gi');
  const found = readSourceFiles(
    ['src', 'jobs', 'test', 'bench', 'scripts', 'prisma', 'docs'],
    /\.(tsx?|[cm]?js|sql|md)$/,
  )
    .filter(({ file }) => !file.endsWith('names.test.ts'))
    .flatMap(({ file, text }) =>
      [...text.matchAll(phrase)].map(
        ([words]) => `${file}: "${words}" (${PHRASES[words.toLowerCase()] ?? ''})`,
      ),
    );
  expect(found).toEqual([]);
});
