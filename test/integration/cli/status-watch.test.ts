import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';

const database = useTestDatabase();

test('kpool status --watch writes plain blocks into a pipe', async () => {
  const env = { DATABASE_URL: database.url };
  const { code, stdout } = await runCliInProcess(['status', '--watch'], env, /Freshness[^]*Freshness/);
  expect(code).toBe(0);
  expect(stdout).not.toContain('\u001b');
  expect(stdout.match(/^\d{4}-\d\d-\d\dT.*Z$/gm)).toHaveLength(2);
});
