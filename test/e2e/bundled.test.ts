import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import bundled from '../../scripts/bundled-packages.json';

const DIST = join(__dirname, '..', '..', 'dist');

/** Loads every file of dist/ but the program's entry and what Prisma makes for browsers, then prints all that was loaded. */
const LOAD_ALL = `
  const { readdirSync } = require('node:fs');
  const path = require('node:path');
  for (const file of readdirSync('src', { recursive: true })) {
    const isOther = file === path.join('cli', 'kpool.js') || /browser\\.js$/i.test(file);
    if (file.endsWith('.js') && !isOther) require(path.resolve('src', file));
  }
  console.log(JSON.stringify(Object.keys(require.cache)));
`;

test('the built program loads bundled packages from dist only', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', LOAD_ALL], {
    cwd: DIST,
    maxBuffer: 10_000_000,
  });
  const loaded = JSON.parse(stdout) as string[];
  const inDist = (name: string) => join(DIST, 'node_modules', ...name.split('/'), '/');
  for (const name of Object.keys(bundled)) {
    const files = loaded.filter((file) => file.includes(join('node_modules', ...name.split('/'), '/')));
    expect(files.filter((file) => !file.startsWith(inDist(name)))).toEqual([]);
  }
  expect(loaded.some((file) => file.startsWith(inDist('@prisma/client')))).toBe(true);
});

test('the built program draws charts', async () => {
  const draw = `
    const chart = require('echarts').init(null, null, { renderer: 'svg', ssr: true, width: 40, height: 20 });
    console.log(chart.renderToSVGString().slice(0, 4));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', draw], { cwd: join(DIST, 'src') });
  expect(stdout.trim()).toBe('<svg');
});
