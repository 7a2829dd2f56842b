/** What Metabase's OpenAPI document allows in the bodies of the requests that `kpool metabase setup` sends. */
import { z } from 'zod';

const ID = z.int().min(1);
const TEXT = z.string().min(1);
export const DETAILS = z.strictObject({
  host: TEXT,
  port: z.int(),
  dbname: TEXT,
  user: TEXT,
  password: TEXT,
  ssl: z.boolean(),
  'schema-filters-type': z.enum(['all', 'inclusion', 'exclusion']),
  'schema-filters-patterns': TEXT,
});
export const NEW_DATABASE = z.strictObject({
  name: TEXT,
  engine: z.literal('postgres'),
  details: DETAILS,
  is_full_sync: z.boolean(),
  is_on_demand: z.boolean(),
  connection_source: z.enum(['admin', 'setup']),
  auto_run_queries: z.boolean().optional(),
});
export const CHANGED_DATABASE = z.strictObject({
  name: TEXT.optional(),
  engine: z.literal('postgres').optional(),
  details: DETAILS.optional(),
});
export const SESSION = z.strictObject({ username: TEXT, password: TEXT });
export const SETUP = z.strictObject({
  token: TEXT,
  user: z.strictObject({
    email: z.email(),
    password: z.string().min(6),
    first_name: TEXT.nullable(),
    last_name: TEXT.nullable(),
  }),
  prefs: z.strictObject({ site_name: TEXT, site_locale: z.string().regex(/^[a-z]{2}(_[A-Z]{2})?$/) }),
});
export const CHANGED_TABLE = z.strictObject({
  description: z.string().nullable().optional(),
  visibility_type: z.enum(['technical', 'hidden', 'cruft']).nullable().optional(),
});
export const CHANGED_FIELD = z.strictObject({
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
export const COLLECTION = z.strictObject({
  name: TEXT,
  description: TEXT.nullable().optional(),
  parent_id: ID.nullable().optional(),
});
export const CARD = z.strictObject({
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
export const NEW_DASHBOARD = z.strictObject({
  name: TEXT,
  description: z.string().nullable().optional(),
  collection_id: ID.nullable().optional(),
});
export const DASHCARD = z.strictObject({
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
export const CHANGED_DASHBOARD = z.strictObject({
  name: TEXT.optional(),
  description: z.string().nullable().optional(),
  parameters: z.array(
    z.strictObject({ id: TEXT, name: TEXT, slug: TEXT, type: TEXT, sectionId: TEXT.optional() }),
  ),
  dashcards: z.array(DASHCARD).refine((cards) => new Set(cards.map(({ id }) => id)).size === cards.length),
});
