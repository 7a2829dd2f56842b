import postgres from 'postgres';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();

/** Another spelling of the same server and database. */
const FORMS: readonly (readonly [string, string, (url: URL) => string])[] = [
  ['as usual', 'a', (url) => url.href],
  [
    'in parameters',
    'b',
    ({ username, password, hostname, port, pathname }) =>
      `postgres://elsewhere:1${pathname}?host=${hostname}&port=${port}&user=${username}&password=${password}`,
  ],
];

test.each(FORMS)('the shown address works if host and port come from %s', async (_, suffix, write) => {
  // Roles belong to the whole server, which other tests use.
  const role = `${database.name}_${suffix}`;
  const url = write(new URL(database.url));
  const { code, stdout } = await runCliInProcess(['grant-reader', role, '--json'], { DATABASE_URL: url });
  expect(code).toBe(0);
  const shown = JSON.parse(stdout) as { url: string; password: string };
  const address = new URL(shown.url);
  address.password = encodeURIComponent(shown.password);
  const reader = postgres(address.href, { max: 1, onnotice: () => undefined });
  const rows = await reader`SELECT current_user::text AS me, count(*)::int AS rows FROM report.income_ledger`;
  await reader.end();
  expect([...rows]).toEqual([{ me: role, rows: 0 }]);
});

test('a local address says from where it can be reached', async () => {
  const role = `${database.name}_c`;
  const { stdout } = await runCliInProcess(['grant-reader', role], { DATABASE_URL: database.url });
  expect(stdout).toContain(`postgresql://${role}@127.0.0.1:`);
  expect(stdout).toContain('From elsewhere use its host name');
});
