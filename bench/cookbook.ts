import { readFileSync, writeFileSync } from 'node:fs';
import postgres from 'postgres';
import { median } from './figure';

/**
 * Measures the questions of docs/cookbook.md on two databases, as the reader, and writes the table at its end:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/cookbook.ts DEMO_URL LARGE_URL
 *
 * The first is the database of a running `kpool demo`, the second that of bench/large-database.ts.
 */
const PAGE = 'docs/cookbook.md';
const READINGS = 3;
const [BEGIN, END] = ['<!-- times: bench/cookbook.ts -->', '<!-- end of times -->'];
/** The sub-account that a question names, replaced by one that exists. */
const NAMED_SUB_ACCOUNT = 'main-hall-a';
const MAX_TITLE_LENGTH = 70;

interface Recipe {
  readonly number: string;
  readonly title: string;
  readonly query: string;
}

function readRecipes(page: string): readonly Recipe[] {
  return [...page.matchAll(/^(\d+)\. ([^\n]*(?:\n[^\n`]+)*)\n\n```sql\n([^`]+)```/gm)].map(
    ([, number = '', title = '', query = '']) => ({ number, title: title.replaceAll('\n', ' '), query }),
  );
}

/** `12 ms, 7 rows` for each recipe. */
async function measure(url: string, recipes: readonly Recipe[]): Promise<readonly string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql`SET ROLE kpool_reader`;
    const [first] = await sql<{ name: string }[]>`
      SELECT sub_account AS name FROM report.sub_accounts ORDER BY puid LIMIT 1`;
    const cells: string[] = [];
    for (const { query } of recipes) {
      const readings: number[] = [];
      let rows = 0;
      for (let reading = 0; reading < READINGS; reading += 1) {
        const startedAt = performance.now();
        ({ length: rows } = await sql.unsafe(query.replaceAll(NAMED_SUB_ACCOUNT, first?.name ?? '')));
        readings.push(performance.now() - startedAt);
      }
      cells.push(`${Math.round(median(readings)).toLocaleString('en')} ms, ${rows.toLocaleString('en')}`);
    }
    return cells;
  } finally {
    await sql.end();
  }
}

async function main([demoUrl, largeUrl]: readonly string[]): Promise<void> {
  if (demoUrl === undefined || largeUrl === undefined)
    throw new Error('Give the addresses of two databases.');
  const page = readFileSync(PAGE, 'utf8');
  const recipes = readRecipes(page);
  const [demo, large] = [await measure(demoUrl, recipes), await measure(largeUrl, recipes)];
  const rows = recipes.map(({ number, title }, index) => {
    const short = title.length > MAX_TITLE_LENGTH ? `${title.slice(0, MAX_TITLE_LENGTH).trimEnd()}…` : title;
    return `| ${number} | ${short} | ${demo[index]} | ${large[index]} |`;
  });
  const table = ['| | question | demo | large |', '| --- | --- | --- | --- |', ...rows].join('\n');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to === -1) throw new Error(`${PAGE} lacks the line ${from === -1 ? BEGIN : END}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${BEGIN}\n\n${table}\n\n${page.slice(to)}`);
  process.stdout.write(`${table}\n`);
}

void main(process.argv.slice(2));
