import type { Sql } from 'postgres';

/** A column of a table or view that readers see. */
export interface RelationColumn {
  readonly name: string;
  /** As PostgreSQL writes it, e.g. `numeric` or `timestamp with time zone`. */
  readonly type: string;
  readonly comment: string | null;
}

/** A table or view of the schemas `report` and `pool`. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly RelationColumn[];
}

/** Every table and view that readers see, with comments. */
export async function readRelations(sql: Sql): Promise<readonly Relation[]> {
  return sql<Relation[]>`
    SELECT n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment,
           (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL),
                                              'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum)
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('report', 'pool') AND c.relkind IN ('r', 'p', 'v')
     ORDER BY 1, 2`;
}
