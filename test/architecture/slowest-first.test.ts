import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const TESTS = join(__dirname, '..');

test('every file that is to start first is a test', () => {
  const sequencer = readFileSync(join(TESTS, 'support', 'slowest-first.mjs'), 'utf8');
  const files = [...sequencer.matchAll(/^ {2}'(.+\.test\.ts)',$/gm)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((file) => !existsSync(join(TESTS, file)))).toEqual([]);
});
