import postgres from 'postgres';
import { createTestDatabase, useTestDatabase } from '../../support/test-database';

describe('test databases', () => {
  const database = useTestDatabase();

  it('gives each test file a database of its own', async () => {
    const other = await createTestDatabase();
    const sql = postgres(database.url, { max: 1 });
    try {
      expect(other.name).not.toBe(database.name);
      const [row] = await sql<{ name: string; zone: string }[]>`
        SELECT current_database() AS name, current_setting('timezone') AS zone`;
      expect(row).toEqual({ name: database.name, zone: 'UTC' });
    } finally {
      await sql.end();
      await other.drop();
    }
  });
});
