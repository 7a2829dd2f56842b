import { z } from 'zod';
import { minutesToMilliseconds } from 'date-fns/minutesToMilliseconds';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import { ANYTHING, ID, listSchema, NAMED } from './answers';
import type { MetabaseClient } from './client';
import type { Relation } from './relations';

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

/** Metabase reads the schema in the background: polling interval and time limit. */
const SYNC_POLL_MS = 1_000;
const SYNC_TIMEOUT_MINUTES = 5;

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
export type Metadata = z.output<typeof METADATA>;
export type MetabaseField = z.output<typeof FIELD>;

/** Creates the connection, or updates the one with that name. Returns its Metabase id. */
export async function connectDatabase(client: MetabaseClient, database: MetabaseDatabase): Promise<number> {
  const { name, host, port, user, password, isEncrypted } = database;
  const details = {
    host,
    port,
    dbname: database.database,
    user,
    password: password.reveal(),
    ssl: isEncrypted,
    'schema-filters-type': 'inclusion',
    'schema-filters-patterns': 'pool, report',
  };
  const known = await client.ask(listSchema(NAMED), 'GET', '/api/database');
  const found = known.find((each) => each.name === name);
  if (found === undefined) {
    // Values are scanned when a filter needs them, instead of every column every night.
    const scan = { is_full_sync: false, is_on_demand: true, auto_run_queries: true };
    const made = await client.ask(ID, 'POST', '/api/database', {
      name,
      engine: 'postgres',
      details,
      connection_source: 'admin',
      ...scan,
    });
    return made.id;
  }
  await client.ask(ANYTHING, 'PUT', `/api/database/${found.id}`, { name, engine: 'postgres', details });
  await client.ask(ANYTHING, 'POST', `/api/database/${found.id}/sync_schema`);
  return found.id;
}

/** By `schema.table.column`. */
export const columnsOf = (metadata: Metadata): Map<string, MetabaseField> =>
  new Map(
    metadata.tables.flatMap(({ schema, name, fields }) =>
      (fields ?? []).map((field) => [`${schema ?? ''}.${name}.${field.name}`, field] as const),
    ),
  );

/** Waits until Metabase knows every table and column. Throws `metabase.refused` if that takes too long, `aborted`. */
export async function untilSynced(
  client: MetabaseClient,
  databaseId: number,
  {
    relations,
    clock,
    signal,
  }: { readonly relations: readonly Relation[]; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Metadata> {
  const wanted = relations.flatMap(({ schema, name, columns }) =>
    columns.map((column) => `${schema}.${name}.${column.name}`),
  );
  const deadlineMs = clock.monotonicMs() + minutesToMilliseconds(SYNC_TIMEOUT_MINUTES);
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
        `Metabase has not read the whole schema within ${SYNC_TIMEOUT_MINUTES} minutes: ${missing[0] ?? ''} and ${missing.length - 1} more columns are missing.`,
        {
          hint: 'See Admin > Databases for the state of its sync, then run the command again: it continues where it stopped.',
        },
      );
    }
    await clock.sleep(SYNC_POLL_MS, signal);
  }
}
