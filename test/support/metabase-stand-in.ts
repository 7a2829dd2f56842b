import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { z } from 'zod';

/**
 * A Metabase as far as `kpool metabase setup` needs one. It takes what Metabase's OpenAPI document (docs/api.json in the
 * repository metabase/metabase) allows for these requests and refuses everything else, fields that it does not name
 * included; what it "syncs" is what its connection can really see.
 */
export interface MetabaseStandIn {
  readonly url: string;
  readonly state: MetabaseState;
  close(): Promise<void>;
}

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

const ID = z.int().min(1);
const TEXT = z.string().min(1);
const DETAILS = z.strictObject({
  host: TEXT,
  port: z.int(),
  dbname: TEXT,
  user: TEXT,
  password: TEXT,
  ssl: z.boolean(),
  'schema-filters-type': z.enum(['all', 'inclusion', 'exclusion']),
  'schema-filters-patterns': TEXT,
});
const NEW_DATABASE = z.strictObject({
  name: TEXT,
  engine: z.literal('postgres'),
  details: DETAILS,
  is_full_sync: z.boolean(),
  is_on_demand: z.boolean(),
  connection_source: z.enum(['admin', 'setup']),
  auto_run_queries: z.boolean().optional(),
});
const CHANGED_DATABASE = z.strictObject({
  name: TEXT.optional(),
  engine: z.literal('postgres').optional(),
  details: DETAILS.optional(),
});
const SETUP = z.strictObject({
  token: TEXT,
  user: z.strictObject({
    email: z.email(),
    password: z.string().min(6),
    first_name: TEXT.nullable(),
    last_name: TEXT.nullable(),
  }),
  prefs: z.strictObject({ site_name: TEXT, site_locale: z.string().regex(/^[a-z]{2}(_[A-Z]{2})?$/) }),
});
const CHANGED_TABLE = z.strictObject({
  description: z.string().nullable().optional(),
  visibility_type: z.enum(['technical', 'hidden', 'cruft']).nullable().optional(),
});
const CHANGED_FIELD = z.strictObject({
  description: TEXT.nullable().optional(),
  semantic_type: z
    .enum(['type/PK', 'type/FK', 'type/Category', 'type/Name', 'type/Share'])
    .nullable()
    .optional(),
  fk_target_field_id: ID.nullable().optional(),
  visibility_type: z.enum(['retired', 'sensitive', 'normal', 'hidden', 'details-only']).nullable().optional(),
  has_field_values: z.enum(['none', 'auto-list', 'list', 'search']).nullable().optional(),
  settings: z.record(z.string(), z.unknown()).nullable().optional(),
});
const COLLECTION = z.strictObject({
  name: TEXT,
  description: TEXT.nullable().optional(),
  parent_id: ID.nullable().optional(),
});
const CARD = z.strictObject({
  name: TEXT,
  description: TEXT.nullable().optional(),
  display: TEXT,
  type: z.enum(['question', 'model', 'metric']).nullable().optional(),
  collection_id: ID.nullable(),
  dataset_query: z.strictObject({
    type: z.literal('native'),
    database: ID,
    native: z.strictObject({
      query: TEXT,
      'template-tags': z.record(
        z.string(),
        z.strictObject({
          id: z.uuid(),
          name: TEXT,
          'display-name': TEXT,
          type: z.enum(['text', 'number', 'date']),
        }),
      ),
    }),
  }),
  visualization_settings: z.record(z.string(), z.unknown()),
});
const NEW_DASHBOARD = z.strictObject({
  name: TEXT,
  description: z.string().nullable().optional(),
  collection_id: ID.nullable().optional(),
});
const DASHCARD = z.strictObject({
  id: z.int(),
  card_id: ID,
  row: z.int().min(0),
  col: z.int().min(0),
  size_x: ID,
  size_y: ID,
  parameter_mappings: z.array(
    z.strictObject({
      parameter_id: TEXT,
      card_id: ID,
      target: z.tuple([z.literal('variable'), z.tuple([z.literal('template-tag'), TEXT])]),
    }),
  ),
  visualization_settings: z.record(z.string(), z.unknown()),
});
const CHANGED_DASHBOARD = z.strictObject({
  name: TEXT.optional(),
  description: z.string().nullable().optional(),
  parameters: z.array(
    z.strictObject({ id: TEXT, name: TEXT, slug: TEXT, type: TEXT, sectionId: TEXT.optional() }),
  ),
  dashcards: z.array(DASHCARD).refine((cards) => new Set(cards.map(({ id }) => id)).size === cards.length),
});

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(String(status));
  }
}

function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Refusal(400, { errors: z.flattenError(result.error).fieldErrors, specific: result.error.issues });
}

export interface StandInOptions {
  /** Without a user yet. */
  readonly isNew?: boolean;
  readonly version?: string;
}

export async function startMetabaseStandIn({
  isNew = false,
  version = 'v0.58.1',
}: StandInOptions = {}): Promise<MetabaseStandIn> {
  const state: MetabaseState = {
    version,
    setupToken: isNew ? '8f5a4f0e-6a0e-4b7d-9a55-3d9a3e2d7a11' : null,
    apiKey: 'mb_standin+key=',
    isAdministrator: true,
    users: [],
    ...{ databases: [], tables: [], collections: [], cards: [], dashboards: [] },
  };
  let lastId = 0;
  const newId = (): number => (lastId += 1);

  /** Reads what a connection sees; a refused connection is Metabase's 400. */
  const sync = async ({ host, port, dbname, user, password }: z.output<typeof DETAILS>): Promise<void> => {
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
        let stored = state.tables.find((each) => each.schema === schema && each.name === table);
        if (stored === undefined)
          state.tables.push(
            (stored = {
              id: newId(),
              schema,
              name: table,
              description: null,
              visibility_type: null,
              fields: [],
            }),
          );
        if (stored.fields.some(({ name }) => name === column)) continue;
        // Metabase guesses from names.
        const guess = /income|amount|total|settled$|paid$/.test(column) ? 'type/Income' : null;
        stored.fields.push({
          ...{ id: newId(), name: column, description: null, semantic_type: guess, fk_target_field_id: null },
          ...{ visibility_type: 'normal', has_field_values: null, settings: null },
        });
      }
    } catch (error) {
      throw new Refusal(400, { message: error instanceof Error ? error.message : 'no connection' });
    } finally {
      await sql.end();
    }
  };

  const found = <Item extends { id: number }>(items: Item[], id: number): Item => {
    const item = items.find((each) => each.id === id);
    if (item === undefined) throw new Refusal(404, 'Not found.');
    return item;
  };

  const routes: [RegExp, (id: number, body: unknown, query: URLSearchParams) => unknown][] = [
    [
      /^POST \/api\/setup$/,
      (_id, body) => {
        const { token, user } = read(SETUP, body);
        if (token !== state.setupToken) throw new Refusal(403, 'The setup token does not match.');
        state.users.push({ email: user.email, password: user.password });
        state.setupToken = null;
        return { id: 'session-1' };
      },
    ],
    [
      /^POST \/api\/session$/,
      (_id, body) => {
        const { username, password } = read(z.strictObject({ username: TEXT, password: TEXT }), body);
        const isKnown = state.users.some((user) => user.email === username && user.password === password);
        if (!isKnown) throw new Refusal(401, { errors: { password: 'did not match stored password' } });
        return { id: 'session-1' };
      },
    ],
    [/^GET \/api\/user\/current$/, () => ({ id: 1, is_superuser: state.isAdministrator })],
    [
      /^GET \/api\/database$/,
      () => ({ data: state.databases.map(({ id, name }) => ({ id, name })), total: 0 }),
    ],
    [
      /^POST \/api\/database$/,
      async (_id, body) => {
        const { name, details } = read(NEW_DATABASE, body);
        await sync(details);
        const made = { id: newId(), name, details };
        state.databases.push(made);
        return { id: made.id, name };
      },
    ],
    [
      /^PUT \/api\/database\/(\d+)$/,
      async (id, body) => {
        const { details } = read(CHANGED_DATABASE, body);
        const database = found(state.databases, id);
        if (details !== undefined) {
          await sync(details);
          database.details = details;
        }
        return { id };
      },
    ],
    [
      /^POST \/api\/database\/(\d+)\/sync_schema$/,
      (id) => ({ status: 'ok', id: found(state.databases, id).id }),
    ],
    [
      /^GET \/api\/database\/(\d+)\/metadata$/,
      (id, _body, query) => ({
        id: found(state.databases, id).id,
        tables: state.tables.filter(
          (table) => query.get('include_hidden') === 'true' || table.visibility_type === null,
        ),
      }),
    ],
    [
      /^PUT \/api\/table\/(\d+)$/,
      (id, body) => Object.assign(found(state.tables, id), read(CHANGED_TABLE, body)),
    ],
    [
      /^PUT \/api\/field\/(\d+)$/,
      (id, body) =>
        Object.assign(
          found(
            state.tables.flatMap(({ fields }) => fields),
            id,
          ),
          read(CHANGED_FIELD, body),
        ),
    ],
    [/^GET \/api\/collection$/, () => [{ id: 'root', name: 'Our analytics' }, ...state.collections]],
    [
      /^POST \/api\/collection$/,
      (_id, body) => {
        const { name, parent_id: parentId = null } = read(COLLECTION, body);
        const location =
          parentId === null ? '/' : `${found(state.collections, parentId).location}${parentId}/`;
        const made = { id: newId(), name, location };
        state.collections.push(made);
        return made;
      },
    ],
    [
      /^GET \/api\/collection\/(\d+)\/items$/,
      (id) => ({
        data: state.dashboards
          .filter(({ collection_id: inCollection }) => inCollection === id)
          .map((each) => ({ id: each.id, name: each.name, model: 'dashboard' })),
      }),
    ],
    [
      /^GET \/api\/card$/,
      (_id, _body, query) => {
        if (query.get('f') !== 'database') throw new Refusal(400, 'f');
        found(state.databases, Number(query.get('model_id')));
        return state.cards;
      },
    ],
    [
      /^POST \/api\/card$/,
      (_id, body) => {
        const card = { id: newId(), ...read(CARD, body) };
        if (card.collection_id !== null) found(state.collections, card.collection_id);
        found(state.databases, card.dataset_query.database);
        state.cards.push(card);
        return card;
      },
    ],
    [/^PUT \/api\/card\/(\d+)$/, (id, body) => Object.assign(found(state.cards, id), read(CARD, body))],
    [
      /^POST \/api\/dashboard$/,
      (_id, body) => {
        const made = { collection_id: null, id: newId(), dashcards: [], ...read(NEW_DASHBOARD, body) };
        state.dashboards.push({ ...made, collection_id: made.collection_id ?? null });
        return made;
      },
    ],
    [
      /^PUT \/api\/dashboard\/(\d+)$/,
      (id, body) => {
        const { dashcards } = read(CHANGED_DASHBOARD, body);
        for (const { card_id: cardId } of dashcards) found(state.cards, cardId);
        return Object.assign(found(state.dashboards, id), { dashcards });
      },
    ],
  ];

  const answer = (
    request: string,
    headers: Record<string, unknown>,
    text: string,
    query: URLSearchParams,
  ) => {
    if (request === 'GET /api/session/properties')
      return {
        'has-user-setup': state.setupToken === null,
        'setup-token': state.setupToken,
        version: { tag: state.version },
      };
    const isOpen = request === 'POST /api/setup' || request === 'POST /api/session';
    const isKnown = headers['x-api-key'] === state.apiKey || headers['x-metabase-session'] === 'session-1';
    if (!isOpen && !isKnown) throw new Refusal(401, 'Unauthenticated');
    if (text !== '' && headers['content-type'] !== 'application/json') throw new Refusal(415, 'not JSON');
    for (const [pattern, respond] of routes) {
      const match = pattern.exec(request);
      if (match !== null) return respond(Number(match[1]), text === '' ? undefined : JSON.parse(text), query);
    }
    throw new Refusal(404, 'API endpoint does not exist.');
  };

  const server = createServer((incoming, response) => {
    void (async () => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const url = new URL(incoming.url ?? '/', 'http://metabase');
      const request = `${incoming.method ?? ''} ${url.pathname}`;
      try {
        const body = await answer(request, incoming.headers, text, url.searchParams);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
        response
          .writeHead(refusal.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(refusal.body));
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
