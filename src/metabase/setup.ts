import { z } from 'zod';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import { Secret } from '../core/secret';
import type { MetabaseClient } from './client';
import { presentField, presentTable } from './presentation';
import { FILTER, takesFilter, type Dashboard, type Question } from './questions';
import type { Relation } from './relations';

/** How somebody says who they are. */
export type MetabaseLogin =
  { readonly apiKey: Secret } | { readonly email: string; readonly password: Secret };

/** How Metabase reaches the data. */
export interface MetabaseDatabase {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: Secret;
  readonly isEncrypted: boolean;
}

export interface MetabaseSetup {
  /** The first user of a new Metabase was made. */
  readonly isNewInstance: boolean;
  readonly databaseId: number;
  readonly tables: number;
  readonly tablesChanged: number;
  readonly columns: number;
  readonly columnsChanged: number;
  readonly questions: number;
  readonly questionsMade: number;
  readonly dashboards: readonly { readonly name: string; readonly id: number }[];
}

/** Metabase reads the schema in the background: asked this often, for this long at most. */
const SYNC_POLL_MS = 1_000;
const SYNC_TIMEOUT_MS = 300_000;
/** Of the columns of a dashboard. */
const DASHBOARD_WIDTH = 24;
const LEAST_VERSION = 50;
const COLLECTION = 'KuCoin Pool';
/** Metabase knows a filter, and a word of a question, by ids that whoever makes them chooses. */
const FILTER_ID = 'c0113c7e';
const TAG_ID = '0d6c2d6e-6f0a-4f63-9d42-70c1b4a1c0de';

const ANYTHING = z.unknown();
const ID = z.looseObject({ id: z.number() });
const PROPERTIES = z.looseObject({
  'has-user-setup': z.boolean().nullish(),
  'setup-token': z.string().nullish(),
  version: z.looseObject({ tag: z.string().nullish() }).nullish(),
});
const SESSION = z.looseObject({ id: z.string() });
const USER = z.looseObject({ is_superuser: z.boolean().nullish() });
const NAMED = z.looseObject({ id: z.number(), name: z.string() });
/** A list, bare or in an envelope, as versions differ. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item), z.looseObject({ data: z.array(item) }).transform(({ data }) => data)]);
const COLLECTIONS = z.array(
  z.looseObject({ id: z.union([z.number(), z.string()]), name: z.string(), location: z.string().nullish() }),
);
const CARDS = z.array(
  z.looseObject({ id: z.number(), name: z.string(), collection_id: z.number().nullish() }),
);
const FIELD = z.looseObject({
  id: z.number(),
  name: z.string(),
  description: z.string().nullish(),
  semantic_type: z.string().nullish(),
  fk_target_field_id: z.number().nullish(),
  visibility_type: z.string().nullish(),
  has_field_values: z.string().nullish(),
  settings: z.record(z.string(), z.unknown()).nullish(),
});
const METADATA = z.looseObject({
  tables: z.array(
    z.looseObject({
      id: z.number(),
      schema: z.string().nullish(),
      name: z.string(),
      description: z.string().nullish(),
      visibility_type: z.string().nullish(),
      fields: z.array(FIELD).nullish(),
    }),
  ),
});
type Metadata = z.output<typeof METADATA>;
type Field = z.output<typeof FIELD>;

export interface SetupOptions {
  readonly client: MetabaseClient;
  readonly login: MetabaseLogin;
  /** Makes the reading login, once Metabase has let us in. */
  readonly openDatabase: () => Promise<MetabaseDatabase>;
  readonly relations: readonly Relation[];
  readonly dashboards: readonly Dashboard[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Progress, a line each. */
  readonly say: (line: string) => void;
}

/**
 * Connects a Metabase to the data and makes everything that a person would otherwise click together. Repeatable: what is
 * there is found by its name and brought up to date, nothing doubles, nothing of others is touched. Throws
 * `metabase.unreachable`, `metabase.refused`, `aborted`.
 */
export async function setUpMetabase(options: SetupOptions): Promise<MetabaseSetup> {
  const { say, relations, dashboards } = options;
  const { client, isNewInstance } = await logIn(options);
  say(isNewInstance ? 'Made the first user.' : 'Logged in.');
  const databaseId = await connect(client, await options.openDatabase());
  say('Connected the database; Metabase reads its tables.');
  const metadata = await untilSynced(client, databaseId, options);
  const described = await describe(client, metadata, relations);
  say(`Described ${described.tables} tables and ${described.columns} columns.`);
  const collections = await makeCollections(client, dashboards);
  const cards = await makeQuestions(client, databaseId, dashboards, collections);
  say(`Made ${cards.made} of ${cards.ids.size} questions, brought the others up to date.`);
  const made = [];
  for (const dashboard of dashboards)
    made.push({
      name: dashboard.name,
      id: await makeDashboard(client, dashboard, collections.root, cards.ids),
    });
  return {
    ...{ isNewInstance, databaseId, ...described },
    ...{ questions: cards.ids.size, questionsMade: cards.made, dashboards: made },
  };
}

async function logIn({
  client,
  login,
}: SetupOptions): Promise<{ client: MetabaseClient; isNewInstance: boolean }> {
  const properties = await client.ask(PROPERTIES, 'GET', '/api/session/properties');
  const version = /^v[01]\.(\d+)/.exec(properties.version?.tag ?? '')?.[1];
  if (version !== undefined && Number(version) < LEAST_VERSION) {
    throw new KpoolError('metabase.refused', `This is Metabase ${properties.version?.tag ?? ''}.`, {
      hint: `Version ${LEAST_VERSION} or later is needed: upgrade it.`,
    });
  }
  const isNewInstance = properties['has-user-setup'] === false;
  if ('apiKey' in login) {
    if (isNewInstance) {
      throw new KpoolError('metabase.refused', 'This Metabase is new: it has no user yet, and no API key.', {
        hint: 'Give its first administrator instead: --email you@example.com --password-file FILE',
      });
    }
    return { client: await asAdministrator(client.as({ kind: 'key', key: login.apiKey })), isNewInstance };
  }
  const { email, password } = login;
  const session = isNewInstance
    ? await client.ask(SESSION, 'POST', '/api/setup', {
        token: properties['setup-token'],
        user: { email, password: password.reveal(), first_name: null, last_name: null },
        prefs: { site_name: COLLECTION, site_locale: 'en' },
      })
    : await client.ask(SESSION, 'POST', '/api/session', { username: email, password: password.reveal() });
  return {
    client: await asAdministrator(client.as({ kind: 'session', session: new Secret(session.id) })),
    isNewInstance,
  };
}

async function asAdministrator(client: MetabaseClient): Promise<MetabaseClient> {
  const user = await client.ask(USER, 'GET', '/api/user/current');
  if (user.is_superuser === true) return client;
  throw new KpoolError('metabase.refused', 'This user of Metabase is no administrator.', {
    hint: 'Use an API key of the group Administrators, or an administrator’s e-mail and password.',
  });
}

async function connect(client: MetabaseClient, database: MetabaseDatabase): Promise<number> {
  const { name, host, port, user, password, isEncrypted } = database;
  const details = {
    ...{ host, port, dbname: database.database, user, password: password.reveal(), ssl: isEncrypted },
    ...{ 'schema-filters-type': 'inclusion', 'schema-filters-patterns': 'pool, report' },
  };
  const known = await client.ask(listOf(NAMED), 'GET', '/api/database');
  const found = known.find((each) => each.name === name);
  if (found === undefined) {
    // Values are scanned when a filter asks for them, not of every column every night.
    const scan = { is_full_sync: false, is_on_demand: true, auto_run_queries: true };
    const made = await client.ask(ID, 'POST', '/api/database', {
      ...{ name, engine: 'postgres', details, connection_source: 'admin' },
      ...scan,
    });
    return made.id;
  }
  await client.ask(ANYTHING, 'PUT', `/api/database/${found.id}`, { name, engine: 'postgres', details });
  await client.ask(ANYTHING, 'POST', `/api/database/${found.id}/sync_schema`);
  return found.id;
}

const columnsOf = (metadata: Metadata): Map<string, Field> =>
  new Map(
    metadata.tables.flatMap(({ schema, name, fields }) =>
      (fields ?? []).map((field) => [`${schema ?? ''}.${name}.${field.name}`, field] as const),
    ),
  );

/** Waits until Metabase knows every table and column. */
async function untilSynced(
  client: MetabaseClient,
  databaseId: number,
  { relations, clock, signal }: SetupOptions,
): Promise<Metadata> {
  const wanted = relations.flatMap(({ schema, name, columns }) =>
    columns.map((column) => `${schema}.${name}.${column.name}`),
  );
  const deadlineMs = clock.monotonicMs() + SYNC_TIMEOUT_MS;
  for (;;) {
    const metadata = await client.ask(
      METADATA,
      'GET',
      `/api/database/${databaseId}/metadata?include_hidden=true`,
    );
    const known = columnsOf(metadata);
    const missing = wanted.filter((column) => !known.has(column));
    if (missing.length === 0) return metadata;
    if (clock.monotonicMs() > deadlineMs) {
      throw new KpoolError(
        'metabase.refused',
        `Metabase has not read the whole schema within ${SYNC_TIMEOUT_MS / 60_000} minutes: ${missing[0] ?? ''} and ${missing.length - 1} more columns are missing.`,
        {
          hint: 'See Admin > Databases for the state of its sync, then run the command again: it goes on where it stopped.',
        },
      );
    }
    await clock.sleep(SYNC_POLL_MS, signal);
  }
}

/** What has to change, or null. */
function differenceOf(wanted: Readonly<Record<string, unknown>>, present: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(present[key] ?? null) !== JSON.stringify(value),
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

async function describe(
  client: MetabaseClient,
  metadata: Metadata,
  relations: readonly Relation[],
): Promise<Pick<MetabaseSetup, 'tables' | 'tablesChanged' | 'columns' | 'columnsChanged'>> {
  const fields = columnsOf(metadata);
  const counts = { tables: 0, tablesChanged: 0, columns: 0, columnsChanged: 0 };
  for (const relation of relations) {
    const place = `${relation.schema}.${relation.name}`;
    const table = metadata.tables.find(({ schema, name }) => `${schema ?? ''}.${name}` === place);
    if (table === undefined) continue;
    counts.tables += 1;
    const change = differenceOf({ ...presentTable(relation) }, table);
    if (change !== null) {
      await client.ask(ANYTHING, 'PUT', `/api/table/${table.id}`, change);
      counts.tablesChanged += 1;
    }
    for (const column of relation.columns) {
      const field = fields.get(`${place}.${column.name}`);
      if (field === undefined) continue;
      counts.columns += 1;
      const { refersTo, ...presentation } = presentField(relation, column);
      const target = refersTo === undefined ? undefined : fields.get(refersTo);
      const wanted = {
        ...presentation,
        ...(target === undefined ? {} : { fk_target_field_id: target.id }),
      };
      const fieldChange = differenceOf(wanted, field);
      if (fieldChange === null) continue;
      await client.ask(ANYTHING, 'PUT', `/api/field/${field.id}`, fieldChange);
      counts.columnsChanged += 1;
    }
  }
  return counts;
}

interface Collections {
  readonly root: number;
  readonly byName: ReadonlyMap<string, number>;
}

async function makeCollections(
  client: MetabaseClient,
  dashboards: readonly Dashboard[],
): Promise<Collections> {
  const known = await client.ask(COLLECTIONS, 'GET', '/api/collection');
  const find = (name: string, location: string): number | undefined => {
    const found = known.find((each) => each.name === name && (each.location ?? '/') === location);
    return typeof found?.id === 'number' ? found.id : undefined;
  };
  const make = async (name: string, description: string, parentId: number | null): Promise<number> =>
    (
      await client.ask(ID, 'POST', '/api/collection', {
        ...{ name, description },
        ...(parentId === null ? {} : { parent_id: parentId }),
      })
    ).id;
  const root =
    find(COLLECTION, '/') ?? (await make(COLLECTION, 'What kpool keeps of the mining pool.', null));
  const byName = new Map<string, number>();
  for (const name of new Set(dashboards.map(({ collection }) => collection))) {
    const description = `Questions of the dashboards ${dashboards
      .filter(({ collection }) => collection === name)
      .map((dashboard) => dashboard.name)
      .join(' and ')}.`;
    byName.set(name, find(name, `/${root}/`) ?? (await make(name, description, root)));
  }
  return { root, byName };
}

function cardOf(question: Question, databaseId: number, collectionId: number): Record<string, unknown> {
  const tag = { id: TAG_ID, name: FILTER, 'display-name': 'Currency', type: 'text' };
  const isChart = question.display !== 'table';
  return {
    ...{ name: question.name, description: question.description, display: question.display },
    ...{ collection_id: collectionId, type: 'question' },
    dataset_query: {
      ...{ type: 'native', database: databaseId },
      native: {
        query: question.sql,
        'template-tags': takesFilter(question) ? { [FILTER]: tag } : {},
      },
    },
    visualization_settings: isChart
      ? { 'graph.dimensions': question.x, 'graph.metrics': question.y }
      : { 'table.pivot': false },
  };
}

async function makeQuestions(
  client: MetabaseClient,
  databaseId: number,
  dashboards: readonly Dashboard[],
  collections: Collections,
): Promise<{ readonly ids: ReadonlyMap<Question, number>; readonly made: number }> {
  const known = await client.ask(CARDS, 'GET', `/api/card?f=database&model_id=${databaseId}`);
  const ids = new Map<Question, number>();
  let made = 0;
  for (const { collection, questions } of dashboards) {
    const collectionId = collections.byName.get(collection) ?? collections.root;
    for (const question of questions) {
      const card = cardOf(question, databaseId, collectionId);
      const found = known.find(
        ({ name, collection_id: inCollection }) => name === question.name && inCollection === collectionId,
      );
      if (found === undefined) {
        made += 1;
        ids.set(question, (await client.ask(ID, 'POST', '/api/card', card)).id);
      } else {
        await client.ask(ANYTHING, 'PUT', `/api/card/${found.id}`, card);
        ids.set(question, found.id);
      }
    }
  }
  return { ids, made };
}

/** Where each question stands: in rows, from the left. */
export function layOut(questions: readonly Pick<Question, 'width' | 'height'>[]): readonly {
  readonly row: number;
  readonly col: number;
  readonly size_x: number;
  readonly size_y: number;
}[] {
  let [row, col, rowHeight] = [0, 0, 0];
  return questions.map(({ width, height }) => {
    if (col + width > DASHBOARD_WIDTH) [row, col, rowHeight] = [row + rowHeight, 0, 0];
    const place = { row, col, size_x: width, size_y: height };
    [col, rowHeight] = [col + width, Math.max(rowHeight, height)];
    return place;
  });
}

async function makeDashboard(
  client: MetabaseClient,
  { name, description, questions }: Dashboard,
  collectionId: number,
  cards: ReadonlyMap<Question, number>,
): Promise<number> {
  const path = `/api/collection/${collectionId}/items?models=dashboard`;
  const known = await client.ask(listOf(NAMED), 'GET', path);
  const id =
    known.find((each) => each.name === name)?.id ??
    (await client.ask(ID, 'POST', '/api/dashboard', { name, description, collection_id: collectionId })).id;
  const isFiltered = questions.some(takesFilter);
  const places = layOut(questions);
  await client.ask(ANYTHING, 'PUT', `/api/dashboard/${id}`, {
    ...{ name, description },
    parameters: isFiltered
      ? [{ id: FILTER_ID, name: 'Currency', slug: FILTER, type: 'string/=', sectionId: 'string' }]
      : [],
    // Negative ids are new cards, and what is not named goes: the dashboard is laid out anew each time.
    dashcards: questions.map((question, index) => {
      const cardId = cards.get(question);
      return {
        ...{ id: -1 - index, card_id: cardId, ...places[index] },
        parameter_mappings: takesFilter(question)
          ? [{ parameter_id: FILTER_ID, card_id: cardId, target: ['variable', ['template-tag', FILTER]] }]
          : [],
        visualization_settings: {},
      };
    }),
  });
  return id;
}
