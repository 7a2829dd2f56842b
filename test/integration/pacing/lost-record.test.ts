import { createSimulator, type Simulator } from '../../../src/simulator';
import { runCliInProcess } from '../../support/cli-in-process';
import { serviceEnv } from '../../support/jobs/service-process';
import { useTestDatabase } from '../../support/test-database';

jest.setTimeout(60_000);

let simulator: Simulator;
const database = useTestDatabase();
database.beforeDrop(() => simulator.close());
beforeAll(async () => {
  simulator = await createSimulator({ seed: 7, startAt: Date.now() });
});

test('kpool check reports at once that the slots were lost', async () => {
  // The state after a crash.
  await database.sql`TRUNCATE sync.crash_marker, sync.slots`;
  const { code, stdout } = await runCliInProcess(['check'], serviceEnv(simulator, database.url));
  expect(stdout).toMatch(/FAIL +rate: the pool was not asked: the database has lost its record .* in 3\d s/);
  expect(code).toBe(1);
  expect(simulator.requests.count()).toBe(0);
});
