import { readSourceFiles } from '../support/source-files';

const CODE = readSourceFiles(['src', 'jobs', 'test', 'bench'], /\.tsx?$/);

/** The files in which `pattern` matches. */
function findFiles(pattern: RegExp, exceptions: readonly string[] = []): readonly string[] {
  return CODE.filter(({ file, text }) => !exceptions.includes(file) && pattern.test(text)).map(
    ({ file }) => file,
  );
}

/** A secret hides from whatever prints an object's fields, so it alone has a field that nothing can read. */
const HIDES_FROM_INSPECTION = 'src/core/secret.ts';

test('class members are hidden by private, not by #', () => {
  const hidden = /\bthis\.#\w|^ +(?:(?:static|readonly|async|get|set) )*\*?#\w/m;
  expect(findFiles(hidden, [HIDES_FROM_INSPECTION])).toEqual([]);
});

test('no literal is spread to steer the formatter', () => {
  expect(findFiles(/^\s*\.\.\.\{|^\s*\.\.\.\[[^\]]*\],?$/m)).toEqual([]);
});

/** What a read of the ledger leads to (`Next`): a run that drops it may succeed without proof (P11). */
const RETURNS_NEXT = /(?:function |^ {2}(?:private )?(?:async )?)(\w+)\([^)]*\): (?:Promise<Next>|Next\b)/gm;

test('what a read of the ledger leads to is always used', () => {
  const ledger = CODE.filter(({ file }) => file.startsWith('src/sync/ledger/'));
  const names = ledger.flatMap(({ text }) => [...text.matchAll(RETURNS_NEXT)].map(([, name = '']) => name));
  expect(names).toEqual(expect.arrayContaining(['commitRead', 'pageEverything', 'syncPaged', 'syncWindow']));
  const dropped = new RegExp(`^\\s*(?:await |void )?(?:\\w+\\.)*(?:${names.join('|')})\\(.*;$`, 'm');
  expect(findFiles(dropped).filter((file) => file.startsWith('src/sync/ledger/'))).toEqual([]);
});
