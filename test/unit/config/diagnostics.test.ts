import { programName, wantsStacks } from '../../../src/config/diagnostics';

test.each([
  ['npm run demo', { npm_command: 'run-script' }, 'npx kpool'],
  ['npx kpool demo', { npm_command: 'exec' }, 'npx kpool'],
  ['kpool demo', {}, 'kpool'],
])('%s names the program as its user calls it', (_call, env, name) => {
  expect(programName(env)).toBe(name);
});

test('stack traces can be asked for before .env is read', () => {
  const levels = ['debug', 'trace', 'info', undefined];
  expect(levels.map((level) => wantsStacks(undefined, { LOG_LEVEL: level }))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
