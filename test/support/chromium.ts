import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { installDebianPackage } from './debian-package';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const WHAT_TO_DO = 'set CHROMIUM to the path of Chromium or Chrome, or install chromium';
/** Chromium sends no requests of its own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-dev-shm-usage',
];

/** The path of Chromium, which is installed with apt-get if tests may do that; null if there is none. */
function findChromium(): string | null {
  const find = (): string | undefined =>
    [process.env['CHROMIUM'] ?? '', ...PLACES].find((place) => place !== '' && existsSync(place));
  const found = find();
  if (found !== undefined) return found;
  installDebianPackage('chromium');
  return find() ?? null;
}

/**
 * A `describe` whose tests need a real browser. Without one the suite is reported as skipped and a line says what to do;
 * under CI=true it fails.
 */
export function describeChromium(name: string, define: (launch: () => Promise<Browser>) => void): void {
  const executablePath = findChromium();
  if (executablePath === null && process.env['CI'] !== 'true') {
    process.stderr.write(`NOT RUN, there is no Chromium: "${name}". To run it, ${WHAT_TO_DO}.\n`);
    describe.skip(`${name} [not run: there is no Chromium; ${WHAT_TO_DO}]`, () =>
      define(() => Promise.reject(new Error(WHAT_TO_DO))));
    return;
  }
  describe(name, () =>
    define(() =>
      executablePath === null
        ? Promise.reject(new Error(`These tests must run in CI, and there is no Chromium: ${WHAT_TO_DO}.`))
        : chromium.launch({ executablePath, args: ARGUMENTS }),
    ),
  );
}
