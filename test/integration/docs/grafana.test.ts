import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMetrics } from '../../../src/observability/metrics';
import { readMeasures } from '../../../src/report/status/measures';
import { renderState } from '../../../src/web/state-metrics';
import { useTestDatabase } from '../../support/test-database';

const ROOT = path.join(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(ROOT, 'deploy', file), 'utf8');

interface Dashboard {
  readonly templating: { readonly list: readonly { type: string; name: string; query: string }[] };
  readonly panels: readonly { title: string; targets?: { rawSql?: string; expr?: string }[] }[];
}

const { sql } = useTestDatabase();

test('the dashboards are those that the script writes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/write-grafana-dashboards.mjs'), folder]);
  const names = readdirSync(folder).sort();
  expect(names).toEqual(readdirSync(path.join(ROOT, 'deploy/grafana')).sort());
  for (const name of names)
    expect(readFileSync(path.join(folder, name), 'utf8')).toBe(read(`grafana/${name}`));
  rmSync(folder, { recursive: true });
});

test('every metric of dashboards and alert rules exists', async () => {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'x')`;
  const measures = await readMeasures(sql, null, 'ok');
  const state = await renderState({ measures, queue: 'ok', jobs: {}, version: '0' });
  const told = (await createMetrics().render()).text + state;
  const names = [...told.matchAll(/^# TYPE (\w+) (\w+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name],
  );
  const used = [read('grafana/kpool-service.json'), read('prometheus/kpool.rules.yml')].flatMap(
    (text) => text.match(/\b(?:kpool|process|nodejs)_\w+/g) ?? [],
  );
  expect(new Set(used).size).toBeGreaterThan(15);
  expect(used.filter((name) => !names.includes(name))).toEqual([]);
});

const { panels, templating } = JSON.parse(read('grafana/kpool-data.json')) as Dashboard;
const queries = [
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [{ title, query: rawSql }])),
  ),
  ...templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => ({ title: `the choice of ${name}`, query })),
];

test.each(queries)('a reader can run the query of $title', async ({ query }) => {
  const text = query
    .replaceAll('$__timeFrom()', "'2026-09-20T00:00:00Z'")
    .replaceAll('$__timeTo()', "'2026-10-20T00:00:00Z'")
    .replace(/\$\{(\w+):sqlstring\}/g, "'main'");
  expect(text).not.toContain('$');
  await sql.begin(async (tx) => {
    await tx`SET LOCAL ROLE kpool_reader`;
    const { columns } = await tx.unsafe(text);
    const names = columns.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
