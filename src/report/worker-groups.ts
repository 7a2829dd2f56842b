import { CsvError, parse } from 'csv-parse/sync';
import type { Sql } from 'postgres';
import { z } from 'zod';
import { KpoolError } from '../core/errors';

/** The site, customer and model of machines with a name prefix, and how many listed machines have it. */
export interface WorkerGroup {
  readonly prefix: string;
  readonly site: string | null;
  readonly customer: string | null;
  readonly model: string | null;
  readonly workers: number;
}

const EXAMPLE = 'The first line must be "prefix,site,customer,model"; site, customer and model are optional.';

const optionalCell = z
  .string()
  .default('')
  .transform((text) => (text === '' ? null : text));
const groupFile = z
  .array(
    z.strictObject({
      prefix: z.string().min(1, 'a prefix is empty'),
      site: optionalCell,
      customer: optionalCell,
      model: optionalCell,
    }),
  )
  .refine(
    (groups) => new Set(groups.map(({ prefix }) => prefix)).size === groups.length,
    'a prefix occurs twice',
  );

/** The current groups, by prefix. */
export async function readWorkerGroups(sql: Sql): Promise<readonly WorkerGroup[]> {
  return sql<WorkerGroup[]>`
    SELECT g.prefix, g.site, g.customer, g.model, count(w.name_prefix)::int AS workers
      FROM book.worker_groups g
      LEFT JOIN (SELECT name_prefix FROM sync.named_workers WHERE removed_at IS NULL) AS w ON w.name_prefix = g.prefix
     GROUP BY g.prefix ORDER BY g.prefix COLLATE "C"`;
}

/**
 * Replaces all groups with those in the CSV text. Throws `usage.invalid`, and changes nothing, if the text is not a valid
 * table.
 */
export async function importWorkerGroups(sql: Sql, csv: string): Promise<void> {
  const groups = parseGroups(csv);
  await sql.begin(async (tx) => {
    const kept = JSON.stringify(groups.map(({ prefix }) => prefix));
    await tx`
      DELETE FROM book.worker_groups
       WHERE prefix NOT IN (SELECT jsonb_array_elements_text(${kept}::text::jsonb))`;
    for (const { prefix, site, customer, model } of groups) {
      await tx`
        INSERT INTO book.worker_groups AS g (prefix, site, customer, model)
        VALUES (${prefix}, ${site}, ${customer}, ${model})
            ON CONFLICT (prefix) DO UPDATE SET site = excluded.site, customer = excluded.customer, model = excluded.model
         WHERE (g.site, g.customer, g.model) IS DISTINCT FROM (excluded.site, excluded.customer, excluded.model)`;
    }
  });
}

function parseGroups(csv: string): z.infer<typeof groupFile> {
  const refuse = (why: string, cause?: unknown) =>
    new KpoolError('usage.invalid', `The file cannot be imported: ${why}.`, { hint: EXAMPLE, cause });
  try {
    const parsed = groupFile.safeParse(
      parse(csv, {
        bom: true,
        columns: true,
        delimiter: [',', ';', '\t'],
        skip_empty_lines: true,
        trim: true,
      }),
    );
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const [index] = issue?.path ?? [];
    throw refuse(
      `${typeof index === 'number' ? `row ${index + 1}: ` : ''}${issue?.message ?? 'it is empty'}`,
    );
  } catch (error) {
    throw error instanceof CsvError ? refuse(error.message, error) : error;
  }
}
