import type postgres from 'postgres';

interface Relation {
  readonly id: number;
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly comment: string | null;
  readonly key: string | null;
}

interface Column {
  readonly relation: number;
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly comment: string | null;
}

interface Routine {
  readonly name: string;
  readonly arguments: string;
  readonly columns: readonly string[];
  readonly comment: string | null;
}

const SCHEMAS = ['report', 'pool'];

const HEAD = `# Data dictionary

Every table, view and column that users can query. Generated from the database's comments by \`npm run docs:dictionary\`; a test
fails if it is out of date. psql (\`\\d+ report.daily_income\`) and most BI tools show the same comments.

Amounts are exact (\`numeric\`), in units of their currency; columns named \`…_text\` have the same value as text, for
tools that round. Instants are \`timestamptz\`; days and months are dates. Hashrates are in H/s. A \`puid\` is unique across the
pool: join sub-accounts by \`puid\` alone; report.sub_accounts has their accounts.

To look up a worker's day, and the income of that day:
\`SELECT * FROM pool.worker_daily WHERE puid = 1001 AND worker_id = 1 AND day = '2026-10-01'\`,
\`SELECT * FROM pool.earnings WHERE puid = 1001 AND mining_date = '2026-10-01'\`.
`;

/** The public schemas as Markdown, from the catalog of a migrated database. */
export async function describeData(sql: postgres.Sql): Promise<string> {
  const parts = [HEAD];
  for (const schema of SCHEMAS) {
    const [{ comment } = { comment: null }] = await sql<{ comment: string | null }[]>`
      SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = ${schema}`;
    parts.push(`\n## Schema ${schema}\n\n${comment ?? ''}\n`);
    const relations = await readRelations(sql, schema);
    const columns = await readColumns(sql, schema);
    parts.push(`\n${relations.map(({ name }) => `[${name}](#${schema}${name})`).join(' · ')}\n`);
    for (const relation of relations) {
      const own = columns.filter((column) => column.relation === relation.id);
      parts.push(describeRelation(schema, relation, own));
    }
    for (const routine of await readRoutines(sql, schema)) parts.push(describeRoutine(schema, routine));
  }
  return parts.join('');
}

function describeRelation(schema: string, relation: Relation, columns: readonly Column[]): string {
  const key = relation.key === null ? '' : ` Key: ${relation.key}.`;
  const lines = columns.map(
    ({ name, type, isOptional, comment }) =>
      `| ${name} | ${type}${isOptional ? '?' : ''} | ${(comment ?? '').replaceAll('|', '\\|')} |`,
  );
  const optional = relation.kind === 'table' ? ' (? may be null)' : '';
  return `\n### ${schema}.${relation.name}\n\nA ${relation.kind}. ${relation.comment ?? ''}${key}\n\n| column | type${optional} | what it is |\n|---|---|---|\n${lines.join('\n')}\n`;
}

function describeRoutine(schema: string, routine: Routine): string {
  return `\n### ${schema}.${routine.name}(${routine.arguments})\n\nA function: \`SELECT * FROM ${schema}.${routine.name}(…)\`. ${routine.comment ?? ''}\n\nColumns: ${routine.columns.join(', ')}.\n`;
}

async function readRelations(sql: postgres.Sql, schema: string): Promise<Relation[]> {
  return sql<Relation[]>`
    SELECT c.oid::int AS id, c.relname AS name, CASE WHEN c.relkind = 'v' THEN 'view' ELSE 'table' END AS kind,
           obj_description(c.oid, 'pg_class') AS comment,
           (SELECT string_agg(a.attname, ', ' ORDER BY k.position)
              FROM pg_constraint p
             CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k (attnum, position)
              JOIN pg_attribute a ON a.attrelid = p.conrelid AND a.attnum = k.attnum
             WHERE p.conrelid = c.oid AND p.contype = 'p') AS key
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${schema} AND c.relkind IN ('r', 'p', 'v', 'm')
     ORDER BY c.relname COLLATE "C"`;
}

async function readColumns(sql: postgres.Sql, schema: string): Promise<Column[]> {
  return sql<Column[]>`
    SELECT c.oid::int AS relation, a.attname AS name,
           replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz') AS type,
           c.relkind IN ('r', 'p') AND NOT a.attnotnull AS "isOptional", col_description(c.oid, a.attnum) AS comment
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${schema} AND c.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY c.relname, a.attnum`;
}

async function readRoutines(sql: postgres.Sql, schema: string): Promise<Routine[]> {
  return sql<Routine[]>`
    SELECT p.proname AS name,
           replace(pg_get_function_identity_arguments(p.oid), 'timestamp with time zone', 'timestamptz') AS arguments,
           p.proargnames[p.pronargs + 1:] AS columns, obj_description(p.oid, 'pg_proc') AS comment
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = ${schema} AND p.proretset
     ORDER BY p.proname COLLATE "C"`;
}
