import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, ConsoleMessage, Page, Request } from 'playwright-core';
import type { WebServer } from '../../../src/web/server';
import { serveTestPages } from '../../support/web';
import { describeChromium } from '../../support/chromium';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, useTestDatabase, type TestDatabase } from '../../support/test-database';

/** Names with a meaning elsewhere: markup, a turn to right-to-left, a terminal's escape, great length. */
const HOSTILE = `<img src=x onerror="document.title='owned'">\u202egnp.exe\u001b[31m${'x'.repeat(180)}`;
const SCREENS = {
  'desktop, light': { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  'phone, dark': { viewport: { width: 390, height: 844 }, isMobile: true, colorScheme: 'dark' },
} as const satisfies Record<string, BrowserContextOptions>;

let pool: SyncedPool;
let empty: TestDatabase;
let browser: Browser;
let filledWeb: WebServer;
let emptyWeb: WebServer;
let machine = '';

const serve = (url: string): Promise<WebServer> => serveTestPages(url, { allowedPerHour: 57_600 });

/** One window for each kind of screen, because opening one takes as long as a test. */
const windows = new Map<BrowserContextOptions, Promise<Page>>();
function windowOf(screen: BrowserContextOptions): Promise<Page> {
  const opened = windows.get(screen) ?? browser.newContext(screen).then((context) => context.newPage());
  windows.set(screen, opened);
  return opened;
}

/** Opens a page and checks what has to hold for every page. */
async function inspect(
  web: WebServer,
  path: string,
  screen: BrowserContextOptions,
  look: (page: Page) => Promise<void> = () => Promise.resolve(),
) {
  const page = await windowOf(screen);
  const said: string[] = [];
  const strangers: string[] = [];
  const onConsole = (message: ConsoleMessage): void => void said.push(message.text());
  const onError = (error: Error): void => void said.push(error.message);
  const onRequest = (request: Request): void => {
    if (!request.url().startsWith(web.url)) strangers.push(request.url());
  };
  page.on('console', onConsole).on('pageerror', onError).on('request', onRequest);
  await page.goto(web.url + path);
  await page.locator('#live', { hasText: 'live' }).waitFor();
  await look(page);
  // Evaluated in the page itself, which has no frames.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  const title = await page.title();
  await page.goto('about:blank');
  page.off('console', onConsole).off('pageerror', onError).off('request', onRequest);
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  expect({ said, strangers, isOwned: title === 'owned' }).toEqual({
    said: [],
    strangers: [],
    isOwned: false,
  });
  expect(width).toBeLessThanOrEqual(screen.viewport!.width);
}

describeChromium('the pages in a browser', (launch) => {
  const database = useTestDatabase();
  database.beforeDrop(async () => {
    await Promise.all([browser.close(), filledWeb.close(), emptyWeb.close(), pool.close()]);
    await empty.drop();
  });

  beforeAll(async () => {
    pool = await createSyncedPool({
      databaseUrl: database.url,
      simulator: {
        seed: 15,
        startAt: Date.now(),
        world: { days: 20, subAccountsPerAccount: 2, workersPerSubAccount: 3, algorithms: ['SHA256d'] },
      },
    });
    const { world, accounts } = pool.simulator;
    const [scope] = world.scopes();
    world.changeSubAccount(accounts[0]!.name, scope!.puid, { pname: HOSTILE });
    world.changeWorker(world.workers(scope!)[0]!, { workerName: HOSTILE });
    await pool.sync();
    const [row] = await pool.sql<{ path: string }[]>`
      SELECT concat_ws('/', 'fleet/machines', puid, algo, worker_id) AS path FROM pool.workers
       WHERE worker_name LIKE '%<img%' LIMIT 1`;
    machine = row!.path;
    empty = await createTestDatabase();
    [browser, filledWeb, emptyWeb] = await Promise.all([launch(), serve(database.url), serve(empty.url)]);
  });

  describe('no page fails or overflows its screen', () => {
    test.each([
      ['desktop, light', ''],
      ['phone, dark', ''],
      ['phone, dark', 'income'],
      ['desktop, light', 'fleet'],
      ['phone, dark', 'sync'],
    ] as const)('%s: /%s with hostile names', async (screen, path) => {
      await inspect(filledWeb, path, SCREENS[screen], async (page) => {
        // The library in the browser has drawn the charts again.
        if (path !== '') await page.locator('figure.chart .plot > div svg').first().waitFor();
        if (path === 'income') await page.locator('#chart-by-sub-account .plot > div svg').waitFor();
      });
    });

    test('the page of a machine with a hostile name', async () => {
      await inspect(filledWeb, machine, SCREENS['phone, dark'], async (page) => {
        expect(await page.locator('h1').innerText()).toContain('<img src=x');
      });
    });

    test.each(['', 'fleet', 'sync'])('/%s without data', async (path) => {
      await inspect(emptyWeb, path, SCREENS['desktop, light']);
    });
  });

  describe('an open page is updated', () => {
    test('during a first sync with the share of rows, rate and time', async () => {
      await pool.sql`
        UPDATE sync.cursors SET history_complete = false,
               pool_row_count = 2 * (SELECT coalesce(sum(row_count), 0) FROM sync.windows w
                                      WHERE (w.stream, w.puid, w.algo) = (cursors.stream, cursors.puid, cursors.algo))
         WHERE stream IN ('earnings', 'rewards')`;
      await inspect(filledWeb, '', SCREENS['phone, dark'], async (page) => {
        const text = await page.locator('.backfill').innerText();
        expect(text).toMatch(/50 % of the rows/);
        expect(text).toMatch(/rows a minute/);
      });
      await pool.sql`UPDATE sync.cursors SET history_complete = true WHERE stream IN ('earnings', 'rewards')`;
    });

    test('with a new failure, while opened parts stay open', async () => {
      await inspect(filledWeb, '', SCREENS['desktop, light'], async (page) => {
        expect(await page.locator('#verdict').innerText()).toContain('All is well');
        await pool.sql`UPDATE pool.accounts SET status = 'auth_failed', status_reason = 'The key was refused.'`;
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
        await page.locator('.problems', { hasText: 'is stopped' }).waitFor();
        expect(await page.locator('.problems').innerText()).toContain('kpool sync --account');
        expect(await page.locator('.problems button[data-copy]').first().isVisible()).toBe(true);
        await pool.sql`UPDATE pool.accounts SET status = 'ok', status_reason = NULL`;
      });
      await inspect(filledWeb, 'income', SCREENS['desktop, light'], async (page) => {
        const details = page.locator('#main details:not(.more)').first();
        await details.evaluate('(node) => { node.open = !node.open }');
        const isOpen = await details.evaluate('(node) => node.open');
        const refreshed = page.waitForResponse((answer) => answer.url() === `${filledWeb.url}income`);
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
        await refreshed;
        expect(await details.evaluate('(node) => node.open')).toBe(isOpen);
      });
    });
  });
});
