import { millisecondsInDay } from 'date-fns/constants';
import pg from 'pg';
import postgres from 'postgres';
import { Secret } from '../src/core/secret';
import type { DecimalText } from '../src/core/decimal';
import type { AccountId, Puid } from '../src/domain/ids';
import type { IncomeRow } from '../src/domain/income';
import { createStoreClient } from '../src/store/client';
import { PrismaLedgerStore } from '../src/store/ledger/ledger-store';
import { atLeast, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

const ROUNDS = 3;
const WINDOWS = 60;
const WINDOW_ROWS = 90;
/** Rows of one scope. */
export const ROWS = WINDOWS * WINDOW_ROWS;
/** The popular engine writes row by row, this many at once. */
const AT_ONCE = 5;
/** It is so slow that fewer rows suffice. */
const SINGLE_WINDOWS = 10;
const DAY_MS = millisecondsInDay;
const START_MS = Date.UTC(2026, 10, 1);
const ACCOUNT = 1 as AccountId;

function windowRows(index: number): readonly IncomeRow[] {
  return Array.from({ length: WINDOW_ROWS }, (_, n) => {
    const minedAtMs = START_MS - (index * WINDOW_ROWS + n) * DAY_MS;
    return {
      currency: 'BTC',
      type: null,
      minedAtMs,
      amount: `0.000${index * WINDOW_ROWS + n + 1}7` as DecimalText,
      hashRateHps: '123456789012345' as DecimalText,
      hashUnit: 'H',
      rejectRate: '0.0157' as DecimalText,
      status: 'SETTLED',
      settledAtMs: minedAtMs + DAY_MS,
      extra: null,
    };
  });
}

/** Writes as a sync does: rows matched with stored ones, windows, certificate and cursor. */
export interface ScopeWriter {
  /** Commits all windows of a scope, newest first, as one run. Returns rows per second. */
  write(puid: number): Promise<number>;
  close(): Promise<void>;
}

export function openScopeWriter(databaseUrl: string, runId: number): ScopeWriter {
  const client = createStoreClient({
    url: new Secret(databaseUrl),
    maxConnections: 2,
    applicationName: 'bench',
  });
  const store = new PrismaLedgerStore(client);
  return {
    async write(puid) {
      const scope = {
        stream: 'earnings',
        accountId: ACCOUNT,
        puid: BigInt(puid) as Puid,
        algo: 'SHA256d',
      } as const;
      let state = await store.load(scope);
      const startedMs = performance.now();
      for (let index = 0; index < WINDOWS; index += 1) {
        const rows = windowRows(index);
        const window = {
          fromMs: rows.at(-1)!.minedAtMs,
          toMs: index === 0 ? Infinity : rows[0]!.minedAtMs + DAY_MS,
        };
        const result = await store.commitWindow({
          scope,
          runId: BigInt(runId),
          state,
          historyStartMs: 0,
          window,
          rows,
          unreadable: [],
          requests: 1,
          isComplete: true,
          confirmed: new Map(),
          pieces: [{ ...window, verified: true }],
        });
        if (result.outcome !== 'committed') throw new Error(result.outcome);
        state = result.state;
      }
      return ROWS / ((performance.now() - startedMs) / 1_000);
    },
    close: () => client.$disconnect(),
  };
}

async function ours(databaseUrl: string, puid: number, runId: number): Promise<number> {
  const writer = openScopeWriter(databaseUrl, runId);
  try {
    return await writer.write(puid);
  } finally {
    await writer.close();
  }
}

/** Creates an account and a run for commits to refer to. */
export async function addRun(sql: postgres.Sql): Promise<number> {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'bench')`;
  const [{ runId } = { runId: 0 }] = await sql<{ runId: number }[]>`
    INSERT INTO sync.runs (stream, account_id, trigger) VALUES ('earnings', 1, 'bench') RETURNING run_id::integer AS "runId"`;
  return runId;
}

export async function addSubAccount(sql: postgres.Sql, puid: number): Promise<void> {
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, ${puid}, 'farm')`;
}

const COLUMNS =
  'puid, algo, currency, mined_at, ordinal, amount, hash_rate_hps, hash_unit, reject_rate, status, settled_at';
const valuesOf = (puid: number, row: IncomeRow): unknown[] => [
  puid,
  row.currency,
  new Date(row.minedAtMs).toISOString(),
  row.amount,
  row.hashRateHps,
  row.hashUnit,
  row.rejectRate,
  row.status,
  new Date(row.settledAtMs ?? 0).toISOString(),
];

/** Plain `pg` into the same table, with its triggers: one statement and one transaction per window. */
async function plain(databaseUrl: string, puid: number): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const startedMs = performance.now();
  for (let index = 0; index < WINDOWS; index += 1) {
    const rows = windowRows(index).map((row) => valuesOf(puid, row));
    const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
    await client.query(
      `INSERT INTO pool.earnings (${COLUMNS})
       SELECT p, 'SHA256d', c, m, 0, a, h, u, r, s, t
         FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::numeric[], $5::numeric[], $6::text[], $7::numeric[],
                     $8::text[], $9::timestamptz[]) AS x (p, c, m, a, h, u, r, s, t)
           ON CONFLICT (puid, algo, currency, mined_at, ordinal) DO NOTHING`,
      columns,
    );
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  await client.end();
  return ROWS / seconds;
}

/** As a popular sync engine does it: one upsert per row, five at once. */
async function rowByRow(databaseUrl: string, puid: number): Promise<number> {
  const clients = await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      return client;
    }),
  );
  const rows = Array.from({ length: SINGLE_WINDOWS }, (_, index) => windowRows(index)).flat();
  const startedMs = performance.now();
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let n = lane; n < rows.length; n += AT_ONCE)
        await client.query(
          `INSERT INTO pool.earnings (${COLUMNS}) VALUES ($1, 'SHA256d', $2, $3, 0, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (puid, algo, currency, mined_at, ordinal) DO UPDATE
              SET amount = excluded.amount, status = excluded.status, settled_at = excluded.settled_at`,
          valuesOf(puid, rows[n]!),
        );
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  await Promise.all(clients.map((client) => client.end()));
  return rows.length / seconds;
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  return withScratchDatabase(async (databaseUrl) => {
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    const runId = await addRun(sql);
    let puid = 0;
    const newPuid = async (): Promise<number> => {
      puid += 1;
      await addSubAccount(sql, puid);
      return puid;
    };
    const figures = { ours: [] as number[], plain: [] as number[], rowByRow: [] as number[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      const measured = {
        ours: await ours(databaseUrl, await newPuid(), runId),
        plain: await plain(databaseUrl, await newPuid()),
        rowByRow: await rowByRow(databaseUrl, await newPuid()),
      };
      // The first round warms up.
      if (round === 0) continue;
      figures.ours.push(measured.ours);
      figures.plain.push(measured.plain);
      figures.rowByRow.push(measured.rowByRow);
      log(`round ${round} of ${ROUNDS}`);
    }
    await sql.end();
    return [
      {
        what: 'new rows committed, rows/s',
        values: figures.ours,
        baseline: { name: 'plain pg, same tables', values: figures.plain },
        target: atLeast(0.9),
      },
      {
        what: 'the same, rows/s',
        values: figures.ours,
        baseline: { name: 'an upsert a row, 5 at once', values: figures.rowByRow },
        target: atLeast(8),
      },
    ];
  });
}

export const store: Bench = {
  name: 'store',
  title: `Windows of ${WINDOW_ROWS} new rows, committed with certificates, revisions and totals`,
  minutes: 2,
  run,
};
