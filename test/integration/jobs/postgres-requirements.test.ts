import { randomBytes } from 'node:crypto';
import { askQueue } from '../../../jobs/ask-queue';
import { openPostgresBackend } from '../../../jobs/backends/postgres';
import { QUEUE_NAME } from '../../../jobs/job-names';
import { Secret } from '../../../src/core/secret';
import { useTestDatabase } from '../../support/test-database';
import { findFreePort } from '../../support/test-run';

const role = `queue_${randomBytes(6).toString('hex')}`;
const silent = (): undefined => undefined;

const database = useTestDatabase();
const owner = database.sql;
database.beforeDrop(() => owner.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
beforeAll(() => owner.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`));

function urlAs(user: string, password: string): Secret {
  const url = new URL(database.url);
  url.username = user;
  url.password = password;
  return new Secret(url.href);
}

/** The failures of what `kpool check` and `kpool start` verify; null if both succeed. */
async function failuresAt(url: Secret): Promise<unknown[]> {
  const asked = [
    () => askQueue(url, null, silent),
    () => openPostgresBackend(url, 3).then((backend) => backend.close()),
  ];
  return Promise.all(
    asked.map((ask) =>
      ask().then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  );
}

async function expectRefusal(reason: string): Promise<void> {
  for (const failure of await failuresAt(urlAs(role, 'right'))) {
    expect(failure).toMatchObject({
      code: 'queue.refused',
      message: expect.stringContaining(reason) as string,
      hint: expect.stringContaining('schema bullmq') as string,
    });
  }
}

test('check and start say which right on the queue is missing', async () => {
  await expectRefusal('permission denied for database');
  expect(await failuresAt(new Secret(database.url))).toEqual([null, null]);
  await expectRefusal('permission denied for schema bullmq');
  await owner.unsafe(`GRANT USAGE ON SCHEMA bullmq TO ${role}; GRANT SELECT ON bullmq.migration TO ${role}`);
  await expectRefusal('it lacks rights to bullmq.');
  await owner.unsafe(`GRANT ALL ON ALL TABLES IN SCHEMA bullmq TO ${role}`);
  expect(await failuresAt(urlAs(role, 'right'))).toEqual([null, null]);
});

test('existing tables need no lock that another session may hold', async () => {
  await askQueue(new Secret(database.url), null, silent);
  await owner`SELECT pg_advisory_lock(1112493644, hashtext('bullmq'))`;
  try {
    expect(await failuresAt(new Secret(database.url))).toEqual([null, null]);
  } finally {
    await owner`SELECT pg_advisory_unlock(1112493644, hashtext('bullmq'))`;
  }
});

test('P12 a lock of BullMQ that another session holds is reported', async () => {
  const backend = await openPostgresBackend(new Secret(database.url), 3);
  const queue = backend.openQueue();
  await owner`SELECT pg_advisory_lock(hashtext('bullmq:finalization'), hashtext(${QUEUE_NAME}))`;
  try {
    await expect(queue.add('trial', null, { jobId: 'trial' })).rejects.toMatchObject({ code: '55P03' });
  } finally {
    await owner`SELECT pg_advisory_unlock_all()`;
    await queue.close();
    await backend.close();
  }
});

test('an absent database is not reported as a fault of the queue', async () => {
  const away = new URL(database.url);
  away.port = String(await findFreePort());
  expect(await failuresAt(new Secret(away.href))).toMatchObject([
    { code: 'database.unreachable' },
    { code: 'database.unreachable' },
  ]);
  expect(await failuresAt(urlAs(role, 'wrong'))).toMatchObject([
    { code: 'database.refused' },
    { code: 'database.refused' },
  ]);
});
