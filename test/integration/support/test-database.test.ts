import { createTestDatabase, useTestDatabase } from '../../support/test-database';

describe('test databases', () => {
  const closed: string[] = [];
  // Outer hooks run after those of the block below.
  afterAll(() => expect(closed).toEqual(['opened last', 'opened first']));

  describe('of a file', () => {
    const database = useTestDatabase();
    const { sql } = database;
    for (const name of ['opened first', 'opened last'])
      database.beforeDrop(async () => {
        await sql`SELECT 1`;
        closed.push(name);
      });

    test('each test file has a database of its own', async () => {
      const other = await createTestDatabase();
      await other.drop();
      expect(other.name).not.toBe(database.name);
      const [row] = await sql<{ name: string; zone: string }[]>`
        SELECT current_database() AS name, current_setting('timezone') AS zone`;
      expect(row).toEqual({ name: database.name, zone: 'UTC' });
    });
  });
});
