import postgres from 'postgres';
import { z } from 'zod';
import type { CARD, DASHCARD, DETAILS, NEW_DASHBOARD } from './requests';

interface StoredField {
  id: number;
  name: string;
  description: string | null;
  semantic_type: string | null;
  fk_target_field_id: number | null;
  visibility_type: string;
  has_field_values: string | null;
  settings: Record<string, unknown> | null;
}

interface StoredTable {
  id: number;
  schema: string;
  name: string;
  description: string | null;
  visibility_type: string | null;
  fields: StoredField[];
}

export interface MetabaseState {
  version: string;
  setupToken: string | null;
  readonly apiKey: string;
  isAdministrator: boolean;
  users: { email: string; password: string }[];
  databases: { id: number; name: string; details: z.output<typeof DETAILS> }[];
  tables: StoredTable[];
  collections: { id: number; name: string; location: string }[];
  cards: ({ id: number; collection_id: number | null } & z.output<typeof CARD>)[];
  dashboards: ({
    id: number;
    collection_id: number | null;
    dashcards: z.output<typeof DASHCARD>[];
  } & z.output<typeof NEW_DASHBOARD>)[];
}

/** An answer that is not 200. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(String(status));
  }
}

/** The body, if the schema allows it; anything else is refused. */
export function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Refusal(400, { errors: z.flattenError(result.error).fieldErrors, specific: result.error.issues });
}

/** The state of the stand-in, and how it reads a database. */
export class MetabaseStore {
  private lastId = 0;

  constructor(readonly state: MetabaseState) {}

  newId(): number {
    return (this.lastId += 1);
  }

  /** Reads the tables that a connection can see. A refused connection is answered with 400, as Metabase does. */
  async sync({ host, port, dbname, user, password }: z.output<typeof DETAILS>): Promise<void> {
    const sql = postgres({
      host,
      port,
      database: dbname,
      username: user,
      password,
      max: 1,
      onnotice: () => undefined,
    });
    try {
      const columns = await sql<{ schema: string; table: string; column: string }[]>`
        SELECT n.nspname AS schema, c.relname AS table, a.attname AS column
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE n.nspname IN ('pool', 'report') AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
           AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2, a.attnum`;
      for (const { schema, table, column } of columns) {
        let stored = this.state.tables.find((each) => each.schema === schema && each.name === table);
        if (stored === undefined)
          this.state.tables.push(
            (stored = {
              id: this.newId(),
              schema,
              name: table,
              description: null,
              visibility_type: null,
              fields: [],
            }),
          );
        if (stored.fields.some(({ name }) => name === column)) continue;
        // Metabase guesses the kind of a column from its name.
        const guess = /income|amount|total|settled$|paid$/.test(column) ? 'type/Income' : null;
        stored.fields.push({
          id: this.newId(),
          name: column,
          description: null,
          semantic_type: guess,
          fk_target_field_id: null,
          visibility_type: 'normal',
          has_field_values: null,
          settings: null,
        });
      }
    } catch (error) {
      throw new Refusal(400, { message: error instanceof Error ? error.message : 'no connection' });
    } finally {
      await sql.end();
    }
  }
}

export function getItem<Item extends { id: number }>(items: readonly Item[], id: number): Item {
  const item = items.find((each) => each.id === id);
  if (item === undefined) throw new Refusal(404, 'Not found.');
  return item;
}
