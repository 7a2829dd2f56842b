import type { Sql } from 'postgres';

/**
 * What a BI tool asks of a database that it is connected to, as its reader: our own form of the queries of pgjdbc 42.7
 * (pgjdbc/src/main/java/org/postgresql/jdbc/PgDatabaseMetaData.java: getTables, getColumns, getPrimaryKeys, getImportedKeys)
 * and of Metabase 0.5x (src/metabase/driver/postgres.clj: get-tables-sql, describe-fields-sql, describe-fks-sql;
 * warehouse_schema/metadata_queries.clj: the sample of a table, the values of a field).
 */
export interface ScannedTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'TABLE' | 'PARTITIONED TABLE' | 'VIEW';
  readonly description: string | null;
  readonly columns: readonly ScannedColumn[];
}

export interface ScannedColumn {
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
}

/** `schema.table.column`, or `schema.table.column > schema.table.column` for a link. */
export interface ScannedKeys {
  readonly primary: readonly string[];
  readonly links: readonly string[];
}

/** Metabase's limits: rows of a sample, characters of a text in it, values of a list, characters of a value in a list. */
const SAMPLE_ROWS = 10_000;
const SAMPLE_TEXT_LENGTH = 1_234;
const LISTED_VALUES = 1_000;
const LISTED_VALUE_LENGTH = 100;
const IS_TEXT = /^(text|varchar|bpchar|name)$/;

const SCHEMAS = ['pool', 'report'];

export async function scanTables(sql: Sql): Promise<readonly ScannedTable[]> {
  const tables = await sql<Omit<ScannedTable, 'columns'>[]>`
    SELECT n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS description,
           CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' ELSE 'VIEW' END AS kind
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'f', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
     ORDER BY 4, 1, 2`;
  const columns = await sql<(ScannedColumn & { readonly schema: string; readonly table: string })[]>`
    SELECT c.table_schema AS schema, c.table_name AS table, c.column_name AS name, c.udt_name AS type,
           col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) AS description
      FROM information_schema.columns c
     WHERE c.table_schema IN ${sql(SCHEMAS)}
     ORDER BY 1, 2, c.ordinal_position`;
  return tables.map((table) => ({
    ...table,
    columns: columns.filter((column) => column.schema === table.schema && column.table === table.name),
  }));
}

/** The tables as the driver reads them, from the catalog, which hides nothing. */
export async function scanKeysByDriver(sql: Sql, tables: readonly ScannedTable[]): Promise<ScannedKeys> {
  const primary: string[] = [];
  const links: string[] = [];
  for (const { schema, name } of tables) {
    const keys = await sql<{ column: string }[]>`
      SELECT a.attname AS column
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS x (attnum, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = x.attnum
       WHERE k.contype = 'p' AND n.nspname = ${schema} AND c.relname = ${name} ORDER BY x.position`;
    primary.push(...keys.map(({ column }) => `${schema}.${name}.${column}`));
    const imported = await sql<{ link: string }[]>`
      SELECT format('%s.%s.%s > %s.%s.%s', fn.nspname, f.relname, fa.attname, pn.nspname, p.relname, pa.attname) AS link
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class f ON f.oid = k.conrelid
        JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
        JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
       CROSS JOIN LATERAL generate_subscripts(k.conkey, 1) AS i
        JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.conkey[i]
        JOIN pg_catalog.pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = k.confkey[i]
       WHERE k.contype = 'f' AND fn.nspname = ${schema} AND f.relname = ${name} ORDER BY k.conname, i`;
    links.push(...imported.map(({ link }) => link));
  }
  return { primary, links };
}

/**
 * What Metabase says: primary keys from information_schema, which shows a table's constraints only to those who may do more
 * than read it; and of a link each column with each, so that one of two columns is four links, two of them wrong.
 */
export async function scanKeysByMetabase(sql: Sql): Promise<ScannedKeys> {
  const primary = await sql<{ key: string }[]>`
    SELECT concat_ws('.', t.table_schema, t.table_name, u.column_name) AS key
      FROM information_schema.table_constraints t
      JOIN information_schema.key_column_usage u
           USING (constraint_name, table_schema, table_name)
     WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema IN ${sql(SCHEMAS)}
     ORDER BY t.table_schema, t.table_name, u.ordinal_position`;
  const links = await sql<{ link: string }[]>`
    SELECT format('%s.%s.%s > %s.%s.%s', fn.nspname, f.relname, fa.attname, pn.nspname, p.relname, pa.attname) AS link
      FROM pg_constraint k
      JOIN pg_class f ON f.oid = k.conrelid
      JOIN pg_namespace fn ON fn.oid = k.connamespace
      JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = ANY (k.conkey)
      JOIN pg_class p ON p.oid = k.confrelid
      JOIN pg_namespace pn ON pn.oid = p.relnamespace
      JOIN pg_attribute pa ON pa.attrelid = p.oid AND pa.attnum = ANY (k.confkey)
     WHERE k.contype = 'f' AND fn.nspname IN ${sql(SCHEMAS)}
     ORDER BY 1`;
  return { primary: primary.map(({ key }) => key), links: links.map(({ link }) => link) };
}

/** Reads the first rows of a table; returns the columns of few, short texts, for which Metabase lists the values. */
export async function scanRows(sql: Sql, table: ScannedTable): Promise<readonly string[]> {
  const columns = table.columns.map(({ name, type }) =>
    IS_TEXT.test(type) ? `substring("${name}", 1, ${SAMPLE_TEXT_LENGTH}) AS "${name}"` : `"${name}"`,
  );
  const rows = await sql.unsafe<Record<string, unknown>[]>(
    `SELECT ${columns.join(', ')} FROM "${table.schema}"."${table.name}" LIMIT ${SAMPLE_ROWS}`,
  );
  return table.columns
    .filter(({ name, type }) => {
      if (!IS_TEXT.test(type)) return false;
      const values = new Set(rows.map((row) => row[name]).filter((value) => typeof value === 'string'));
      const isShort = [...values].every((value) => value.length <= LISTED_VALUE_LENGTH);
      return values.size > 0 && values.size <= LISTED_VALUES && isShort;
    })
    .map(({ name }) => name);
}

/** Lists a column's values, of all rows; returns how many, up to a limit. */
export async function scanValues(sql: Sql, table: ScannedTable, column: string): Promise<number> {
  const values = await sql.unsafe(
    `SELECT "${column}" FROM "${table.schema}"."${table.name}" GROUP BY "${column}" ORDER BY "${column}" ASC LIMIT ${LISTED_VALUES}`,
  );
  return values.length;
}
