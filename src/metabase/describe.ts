import { ANYTHING } from './answers';
import type { MetabaseClient } from './client';
import { columnsOf, type Metadata } from './database';
import { presentField, presentTable } from './presentation';
import type { Relation } from './relations';

export interface Described {
  readonly tables: number;
  readonly tablesChanged: number;
  readonly columns: number;
  readonly columnsChanged: number;
}

/** The fields to change, or null. */
function differenceOf(wanted: Readonly<Record<string, unknown>>, present: Readonly<Record<string, unknown>>) {
  const entries = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(present[key] ?? null) !== JSON.stringify(value),
  );
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Sets how Metabase shows tables and columns; sends only what has to change. */
export async function describeData(
  client: MetabaseClient,
  metadata: Metadata,
  relations: readonly Relation[],
): Promise<Described> {
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
