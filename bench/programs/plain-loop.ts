import { createHmac } from 'node:crypto';
import pg from 'pg';
import { request } from 'undici';
import { measure } from './measured';

/**
 * The baseline for a first sync: a loop as one writes it in an hour. Pages one after another, `JSON.parse`, and one
 * upsert per page into a bare table; no certificate, no revision, no total, and amounts pass through a double.
 *
 *     plain-loop.ts DATABASE_URL POOL_URL PUIDS
 */
const [databaseUrl = '', poolUrl = '', puids = '[]'] = process.argv.slice(2);
const PAGE_ROWS = 100;
const COLUMNS = ['amount', 'currency', 'hashRate', 'hashUnit', 'miningDate', 'settleTime', 'status', 'own'];

interface Answer {
  readonly data: {
    readonly items: readonly Readonly<Record<string, string | number>>[];
    readonly totalPage: number;
  };
}

function addressOf(path: string, page: number, puid: number): string {
  const passphrase = createHmac('sha256', 'a secret').update('a passphrase').digest('base64');
  const query = {
    key: 'key-0',
    passphrase,
    timestamp: String(Date.now()),
    version: '2',
    algo: 'SHA256d',
    puid: String(puid),
    currentPage: String(page),
    pageSize: String(PAGE_ROWS),
  };
  return `${poolUrl}/v1/external/${path}?${new URLSearchParams(query).toString()}`;
}

async function copy(client: pg.Client, stream: 'earn' | 'reward', puid: number): Promise<void> {
  for (let [page, pages] = [1, 1]; page <= pages; page += 1) {
    const { body } = await request(addressOf(`${stream}/query`, page, puid));
    const { data } = JSON.parse(await body.text()) as Answer;
    pages = data.totalPage;
    const columns = COLUMNS.map((column) =>
      data.items.map((item) => (column === 'own' ? (item['type'] ?? item['rejectRate']) : item[column])),
    );
    await client.query(
      `INSERT INTO plain_income
       SELECT $1, $2, c.currency, to_timestamp(c.mined / 1000.0), c.amount, c.rate, c.unit, to_timestamp(c.settled / 1000.0), c.status, c.own
         FROM unnest($3::numeric[], $4::text[], $5::numeric[], $6::text[], $7::bigint[], $8::bigint[], $9::text[], $10::text[])
           AS c (amount, currency, rate, unit, mined, settled, status, own)
           ON CONFLICT (stream, puid, currency, mined_at) DO UPDATE
          SET amount = excluded.amount, status = excluded.status, settled_at = excluded.settled_at`,
      [stream, puid, ...columns],
    );
  }
}

async function main(): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `CREATE TABLE IF NOT EXISTS plain_income (stream text, puid bigint, currency text, mined_at timestamptz, amount numeric,
       hash_rate numeric, hash_unit text, settled_at timestamptz, status text, own text,
       PRIMARY KEY (stream, puid, currency, mined_at))`,
  );
  const measured = await measure(async () => {
    for (const puid of JSON.parse(puids) as number[])
      for (const stream of ['earn', 'reward'] as const) await copy(client, stream, puid);
  });
  process.stdout.write(`${JSON.stringify(measured)}\n`);
  await client.end();
}

void main();
