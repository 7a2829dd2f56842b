// Prisma's schema engine, in its WebAssembly build, over @prisma/adapter-pg: it needs no download. A program of its
// own, since it and its engine are ES modules, which jest does not run:
//
//   node schema-engine-program.mjs drift|pull|deploy|status MIGRATIONS_DIR SCHEMA_FILE    (DATABASE_URL in the environment)
//
// prints one line of JSON. It compares no tables that have no model, no functions, triggers, views, partial indexes and comments.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { URL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { parse } from 'pg-connection-string';

const require = createRequire(import.meta.url);

// The engine tells a panic here before it dies of it.
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message: (message) => process.stderr.write(`${message}\n`),
};

const CHAR_OID = 18;
/** Any user-defined type: adapter-pg maps those to text. */
const USER_DEFINED_OID = 16384;
/** The one column of type "char" that the engine wants as a character: the kind of a constraint. */
const CHARACTER_COLUMN = 'constraint_type';

/** adapter-pg knows no mapping for the internal type "char", which the engine reads from pg_catalog. */
class CharClient extends pg.Client {
  constructor(config) {
    super(config);
    this.connection.prependListener('rowDescription', ({ fields }) => {
      for (const field of fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = USER_DEFINED_OID;
    });
  }
}

function adapterFor(config) {
  const adapter = new PrismaPg(config);
  const connect = adapter.connect.bind(adapter);
  adapter.connect = async () => {
    const connection = await connect();
    // adapter-pg cuts scripts at every `;`, inside $$ too: send them whole, as one query of the simple protocol.
    connection.executeScript = async (script) => {
      await connection.underlyingDriver().query(script);
    };
    const queryRaw = connection.queryRaw.bind(connection);
    connection.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const at = result.columnNames.indexOf(CHARACTER_COLUMN);
      if (at >= 0) result.columnTypes[at] = ColumnTypeEnum.Character;
      return result;
    };
    return connection;
  };
  return adapter;
}

/**
 * Discrete connection fields: given a connection string, adapter-pg would take the main database for the shadow.
 * The shadow's connections are closed before it is dropped.
 */
function factoryFor(url) {
  const config = { ...parse(url), Client: CharClient, max: 1 };
  const factory = adapterFor(config);
  factory.connectToShadowDb = async () => {
    const admin = await factory.connect();
    const database = `prisma_migrate_shadow_db_${globalThis.crypto.randomUUID()}`;
    await admin.executeScript(`CREATE DATABASE "${database}"`);
    const shadow = await adapterFor({ ...config, database }).connect();
    const dispose = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await dispose();
      await admin.executeScript(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
      await admin.dispose();
    };
    return shadow;
  };
  return factory;
}

async function loadEngine(url, schemaFile) {
  const directory = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const { WebAssembly } = globalThis;
  const module = new WebAssembly.Module(readFileSync(path.join(directory, 'schema_engine_bg.wasm')));
  const instance = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine.new(
    { datamodels: [[schemaFile, readFileSync(schemaFile, 'utf8')]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(factoryFor(url)),
  );
}

function listMigrations(directory) {
  const lockfile = path.join(directory, 'migration_lock.toml');
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return {
    baseDir: path.resolve(directory),
    lockfile: {
      path: 'migration_lock.toml',
      content: existsSync(lockfile) ? readFileSync(lockfile, 'utf8') : null,
    },
    shadowDbInitScript: '',
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(path.join(directory, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

const EXTERNAL_TABLES = new URL('../../prisma/external-tables.json', import.meta.url);
const filters = { externalTables: JSON.parse(readFileSync(EXTERNAL_TABLES, 'utf8')), externalEnums: [] };

const COMMANDS = {
  /** What would have to be done to a migrated database to make it what schema.prisma says; '' is nothing. */
  drift: async (engine, migrationsList, schemaFile) => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrationsList },
      to: {
        tag: 'schemaDatamodel',
        files: [{ path: schemaFile, content: readFileSync(schemaFile, 'utf8') }],
      },
      script: true,
      exitCode: true,
      filters,
    });
    return { drift: exitCode === 0 ? '' : stdout };
  },
  /** `prisma db pull`: schema.prisma as it would be if it followed the database. */
  pull: async (engine, migrationsList, schemaFile) =>
    engine.introspect({
      schema: { files: [{ path: schemaFile, content: readFileSync(schemaFile, 'utf8') }] },
      baseDirectoryPath: path.dirname(schemaFile),
      force: false,
      compositeTypeDepth: 0,
      namespaces: null,
    }),
  /** `prisma migrate deploy`: diagnoses, then applies what is missing. */
  deploy: async (engine, migrationsList) => engine.applyMigrations({ migrationsList, filters }),
  /** `prisma migrate status`. */
  status: async (engine, migrationsList) =>
    engine.diagnoseMigrationHistory({ migrationsList, filters, optInToShadowDatabase: false }),
};

const [command, migrationsDirectory, schemaFile] = process.argv.slice(2);
const engine = await loadEngine(process.env.DATABASE_URL, schemaFile);
try {
  const answer = await COMMANDS[command](engine, listMigrations(migrationsDirectory), schemaFile);
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
} catch (error) {
  process.stderr.write(`${error.message ?? error}\n`, () => process.exit(1));
}
