import postgres from 'postgres';
import { presentField, presentTable } from '../src/metabase/presentation';
import { readRelations } from '../src/metabase/relations';
import {
  scanKeysByDriver,
  scanKeysByMetabase,
  scanRows,
  scanTables,
  scanValues,
} from '../test/support/bi-scan';
import { atMost, type Bench, type Figure } from './figure';
import { withLargeDatabase } from './large-data';

const ROUNDS = 3;
const LIMIT_S = 10;
/** Slower questions are reported one by one. */
const NAMED_FROM_S = 0.5;

interface Scan {
  readonly schemaS: number;
  readonly rowsS: number;
  readonly valuesS: number;
}

/** What Metabase reads after `kpool metabase setup`, by `schema.table`, and the columns whose values it lists. */
async function readSetUp(sql: postgres.Sql): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const shown = (await readRelations(sql)).filter((each) => presentTable(each).visibility_type === null);
  return new Map(
    shown.map((relation) => {
      const listed = relation.columns.filter(
        (column) => presentField(relation, column).has_field_values === 'list',
      );
      return [`${relation.schema}.${relation.name}`, new Set(listed.map(({ name }) => name))];
    }),
  );
}

async function scanOnce(sql: postgres.Sql, log: (line: string) => void): Promise<Scan> {
  const timed = async <Result>(name: string, work: () => Promise<Result>): Promise<[Result, number]> => {
    const startedAt = performance.now();
    const result = await work();
    const seconds = (performance.now() - startedAt) / 1_000;
    if (seconds >= NAMED_FROM_S) log(`${name}: ${seconds.toFixed(1)} s`);
    return [result, seconds];
  };
  const [tables, schemaS] = await timed('tables, columns and keys', async () => {
    const found = await scanTables(sql);
    await scanKeysByDriver(sql, found);
    await scanKeysByMetabase(sql);
    return found;
  });
  const shown = await readSetUp(sql);
  let [rowsS, valuesS] = [0, 0];
  for (const table of tables) {
    const place = `${table.schema}.${table.name}`;
    const listed = shown.get(place);
    if (listed === undefined) continue;
    const [lists, seconds] = await timed(`rows of ${place}`, () => scanRows(sql, table));
    rowsS += seconds;
    for (const column of lists.filter((name) => listed.has(name)))
      valuesS += (await timed(`values of ${place}.${column}`, () => scanValues(sql, table, column)))[1];
  }
  return { schemaS, rowsS, valuesS };
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  return withLargeDatabase(log, async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    await sql`SET ROLE kpool_reader`;
    const scans: Scan[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      scans.push(await scanOnce(sql, round === 0 ? log : () => undefined));
    await sql.end();
    const figure = (what: string, of: (scan: Scan) => number): Figure => {
      return { what, values: scans.map(of), baseline: null, target: null };
    };
    return [
      figure('tables, columns, keys and links, s', ({ schemaS }) => schemaS),
      figure('the first 10,000 rows of each table and view, s', ({ rowsS }) => rowsS),
      figure('lists of values, s', ({ valuesS }) => valuesS),
      {
        ...figure('the whole scan, s', ({ schemaS, rowsS, valuesS }) => schemaS + rowsS + valuesS),
        target: atMost(LIMIT_S),
      },
    ];
  });
}

export const metabaseScan: Bench = {
  name: 'metabase-scan',
  title:
    'How long a scan by Metabase takes on 1.46 million ledger rows and 7.3 million worker-days, once it is set up',
  minutes: 30,
  run,
};
