import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const FAILURES = read('docs/failures.md');

/** The keys of a table in a source file, which the compiler checks for completeness. */
function keysOf(file: string, table: string): string[] {
  const text = read(file);
  const from = text.indexOf(`const ${table} = {`);
  const entries = text.slice(from, text.indexOf('}', from)).matchAll(/^ {2}'?([\w.-]+)'?: '/gm);
  return [...entries].map(([, key = '']) => key);
}

test('every error code has a row in docs/failures.md', () => {
  const codes = keysOf('src/core/errors.ts', 'RETRY_BY_CODE');
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !FAILURES.includes(`\`${code}\``))).toEqual([]);
});

test('every kind of problem has a row in docs/failures.md', () => {
  const kinds = keysOf('src/report/wellness/problem.ts', 'SEVERITIES');
  expect(kinds.length).toBeGreaterThan(15);
  expect(kinds.filter((kind) => !FAILURES.includes(`\`${kind}\``))).toEqual([]);
});
