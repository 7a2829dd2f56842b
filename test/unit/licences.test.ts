import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import bundled from '../../scripts/bundled-packages.json';

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
}

/** Licences that require no more than their notice. */
const FREE = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);

/** What `npm ci --omit=dev` installs, and what `npm run build` copies into dist/. */
function shipped(): [string, LockedPackage][] {
  const text = readFileSync(join(__dirname, '..', '..', 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { packages: Record<string, LockedPackage> };
  const copied = new Set(Object.keys(bundled).map((name) => `node_modules/${name}`));
  return Object.entries(packages).filter(
    ([path, { dev }]) => path !== '' && (dev !== true || copied.has(path)),
  );
}

test('production installs only packages with free licences', () => {
  const packages = shipped();
  expect(packages.length).toBeGreaterThan(50);
  const others = packages.filter(([, { license }]) => !FREE.has(license ?? ''));
  expect(others.map(([path, { license }]) => `${path}: ${license ?? 'none'}`)).toEqual([]);
});
