import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { madeLater } from './made-later';
import { TEMPLATE_DATABASE, startTestServer } from './postgres-server';
import { startOnce } from './test-run';

/** A database of one test file's own, with all migrations applied. */
export interface TestDatabase {
  /** `postgres://…`, as a superuser. */
  readonly url: string;
  readonly name: string;
  /** Drops it, even if sessions are connected. */
  drop(): Promise<void>;
}

let server: Promise<string> | undefined;

/** A session that ends takes a moment to leave the server's list. */
const LEAVING_ATTEMPTS = 500;
const LEAVING_PAUSE_MS = 20;
/** postgres.js waits forever for a connection that broke. */
const END_TIMEOUT_S = 5;

/** Clones the migrated template. Prefer `useTestDatabase`, which cleans up and notices leaks. */
export async function createTestDatabase(
  options: { readonly template?: string } = {},
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(
    (sql) =>
      sql`CREATE DATABASE ${sql(name)} TEMPLATE ${sql(options.template ?? TEMPLATE_DATABASE)} STRATEGY file_copy`,
  );
  const url = new URL(await serverUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    drop: async () => {
      await onServer((sql) => sql`DROP DATABASE IF EXISTS ${sql(name)} WITH (FORCE)`);
    },
  };
}

/** The database of a test file. `url`, `name` and `sql` work from `beforeAll` on. */
export interface FileDatabase extends Pick<TestDatabase, 'url' | 'name'> {
  readonly sql: postgres.Sql;
  /** Closes what the file has open on its database, the last one first; `sql` and the database are still there. */
  beforeDrop(close: () => unknown): void;
}

/**
 * Gives the test file a database of its own, made in `beforeAll` and dropped in `afterAll`; a connection left open
 * fails the file. `connections` are those of `sql`, one unless given.
 */
export function useTestDatabase(
  options: { readonly template?: string; readonly connections?: number } = {},
): FileDatabase {
  const database = madeLater<TestDatabase>('The test database');
  const sql = madeLater<postgres.Sql>('The connection to the test database');
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    database.set(await createTestDatabase(options));
    sql.set(postgres(database.value.url, { max: options.connections ?? 1, onnotice: () => undefined }));
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    await sql.value.end({ timeout: END_TIMEOUT_S });
    const leaked = await leakedSessions(database.value.name);
    await database.value.drop();
    if (leaked.length > 0)
      throw new Error(
        `Connections to the database were left open; close them in beforeDrop:\n${leaked.join('\n')}`,
      );
  });
  return {
    get url() {
      return database.value.url;
    },
    get name() {
      return database.value.name;
    },
    sql: sql.value,
    beforeDrop: (close) => closing.push(close),
  };
}

/** Sessions in a database, one line each, after those that are just ending had time to go. */
async function leakedSessions(name: string): Promise<string[]> {
  return onServer(async (sql) => {
    for (let attempt = 1; ; attempt++) {
      const sessions = await sql<{ session: string }[]>`
        SELECT format('pid %s %s, %s: %s', pid, application_name, state, left(query, 200)) AS session
        FROM pg_stat_activity WHERE datname = ${name} AND backend_type = 'client backend'`;
      if (sessions.length === 0 || attempt === LEAVING_ATTEMPTS) return sessions.map((row) => row.session);
      await sleep(LEAVING_PAUSE_MS);
    }
  });
}

async function onServer<T>(work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(await serverUrl(), { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** The run's server, started with its template when the first test file needs it. */
async function serverUrl(): Promise<string> {
  server ??= startOnce('postgres', startTestServer);
  return server;
}
