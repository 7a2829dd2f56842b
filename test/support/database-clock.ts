import type postgres from 'postgres';

/** Sets the clock of a test database (`sync.now()`) to an instant; it runs on from there. */
export async function setDatabaseClock(sql: postgres.Sql, atMs: number): Promise<void> {
  await sql.unsafe(`
    CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
    $$ SELECT timestamptz '${new Date(atMs).toISOString()}' + (pg_catalog.clock_timestamp() - timestamptz '${new Date().toISOString()}') $$`);
}

/** Restores the clock of the server. */
export async function restoreDatabaseClock(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
    $$ SELECT pg_catalog.clock_timestamp() $$`);
}

/** Makes the clock of a test database run `factor` times as fast, which shortens the rests of the rate limit. */
export async function hastenDatabaseClock(sql: postgres.Sql, factor: number): Promise<void> {
  const now = new Date().toISOString();
  await sql.unsafe(`
    CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
    $$ SELECT timestamptz '${now}' + ${factor} * (pg_catalog.clock_timestamp() - timestamptz '${now}') $$`);
}
