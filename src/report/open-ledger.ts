// The library's API, exported by src/index.ts: other programs read a kpool database through it. Nothing in this program uses it.
import type postgres from 'postgres';
import { parsePostgresAddress } from '../core/postgres/address';
import { END_TIMEOUT_S } from '../core/postgres/connection';
import { openPostgres } from '../core/postgres/driver';
import { Secret } from '../core/secret';
import type { ReportViews } from '../store/client';

/** Which income to read; omitted fields select everything. */
export interface IncomeQuery {
  readonly account?: string;
  readonly puid?: bigint;
  readonly currency?: string;
  /** First day, inclusive, and last day, exclusive, as `2026-10-01`, in the reports' time zone. */
  readonly fromDay?: string;
  readonly beforeDay?: string;
}

/** An item of report.income_ledger. Amounts are exact decimal texts, days `2026-10-01`, instants as PostgreSQL's driver reads them. */
export interface IncomeItem {
  readonly rowId: string;
  readonly account: string;
  readonly subAccount: string;
  readonly puid: bigint;
  readonly algo: string;
  readonly currency: string;
  readonly stream: 'earnings' | 'rewards';
  readonly type: string | null;
  readonly miningDate: string;
  readonly minedAt: Date;
  readonly amount: string;
  readonly status: string;
  readonly settledAt: Date | null;
}

/** Income of a sub-account and currency in a month (its first day) of report.monthly_income; null: nothing was mined in it. */
export interface IncomeTotal {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: bigint;
  readonly currency: string;
  readonly month: string;
  readonly settled: string | null;
  readonly pending: string | null;
  readonly total: string | null;
  readonly paid: string;
}

/** A machine of report.worker_status; hashrate of the last hour in H/s, as exact text. */
export interface MachineState {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: bigint;
  readonly algo: string;
  readonly workerId: bigint;
  readonly workerName: string;
  readonly status: string | null;
  readonly hashRateHps: string | null;
  readonly lastShareAt: Date | null;
}

/** Reads a kpool database from a program. A login from `kpool grant-reader` is enough. */
export interface Ledger {
  /** Items by mining date, fetched in batches. */
  income(query?: IncomeQuery): AsyncIterable<IncomeItem>;
  monthlyIncome(query?: IncomeQuery): Promise<readonly IncomeTotal[]>;
  machines(query?: Pick<IncomeQuery, 'account' | 'puid'>): Promise<readonly MachineState[]>;
  /**
   * Every view of the schema `report`, as a model of Prisma's: `dailyIncome.findMany({ where: { currency: 'BTC' } })`. Amounts
   * are `Decimal` with all their digits, ids `bigint`; sums are made by PostgreSQL. Prisma is loaded by the first call.
   */
  views(): Promise<ReportViews>;
  close(): Promise<void>;
}

const LEDGER_BATCH_ROWS = 1_000;
const READER_APPLICATION = 'kucoin-pool-sync reader';
/** For questions asked at the same time through `views`. */
const VIEW_CONNECTIONS = 4;

/** Opens the database at `url` for reading. Throws if it is unreachable or `url` is not a PostgreSQL address. */
export async function openLedger(url: string): Promise<Ledger> {
  parsePostgresAddress(url);
  const open = () => openPostgres({ url: new Secret(url), applicationName: READER_APPLICATION });
  const sql = await open();
  let client: Promise<ViewClient> | null = null;
  return {
    // On its own connection, so that other queries can run while items are iterated.
    async *income(query = {}) {
      const own = await open();
      try {
        yield* streamIncome(own, query);
      } finally {
        await own.end({ timeout: END_TIMEOUT_S });
      }
    },
    async monthlyIncome(query = {}) {
      const rows = await sql<(Omit<IncomeTotal, 'puid'> & { puid: string })[]>`
        SELECT account_name AS account, sub_account AS "subAccount", puid::text AS puid, currency, month::text AS month,
               settled_text AS settled, pending_text AS pending, total_text AS total, paid_text AS paid
          FROM report.monthly_income WHERE ${matchesQuery(sql, query, 'month')}
         ORDER BY month, account_name, puid, currency`;
      return rows.map(withBigints);
    },
    async machines(query = {}) {
      const rows = await sql<
        (Omit<MachineState, 'puid' | 'workerId'> & { puid: string; workerId: string })[]
      >`
        SELECT account_name AS account, sub_account AS "subAccount", puid::text AS puid, algo, worker_id::text AS "workerId",
               worker_name AS "workerName", status, trim_scale(hour_hash_rate_hps)::text AS "hashRateHps",
               last_share_at AS "lastShareAt"
          FROM report.worker_status WHERE ${matchesQuery(sql, query, null)}
         ORDER BY account_name, puid, algo, worker_id`;
      return rows.map((row) => ({ ...withBigints(row), workerId: BigInt(row.workerId) }));
    },
    views: () => (client ??= createViewClient(url)),
    async close() {
      try {
        await (await client)?.$disconnect();
      } finally {
        await sql.end({ timeout: END_TIMEOUT_S });
      }
    },
  };
}

type ViewClient = Awaited<ReturnType<typeof createViewClient>>;

/** Loads Prisma only when needed: it takes longer to load than the rest, and other queries do without it. */
async function createViewClient(url: string) {
  const { createStoreClient } = await import('../store/client');
  return createStoreClient({
    url: new Secret(url),
    maxConnections: VIEW_CONNECTIONS,
    applicationName: READER_APPLICATION,
  });
}

async function* streamIncome(sql: postgres.Sql, query: IncomeQuery): AsyncGenerator<IncomeItem> {
  const cursor = sql<(Omit<IncomeItem, 'puid'> & { puid: string })[]>`
    SELECT row_id AS "rowId", account_name AS account, sub_account AS "subAccount", puid::text AS puid, algo, currency,
           stream, type, mining_date::text AS "miningDate", mined_at AS "minedAt", amount_text AS amount, status,
           settled_at AS "settledAt"
      FROM report.income_ledger WHERE ${matchesQuery(sql, query, 'day')} AND ${isMinedNear(sql, query)}
     ORDER BY mined_at, puid, algo, currency, stream, type, ordinal`.cursor(LEDGER_BATCH_ROWS);
  for await (const rows of cursor) yield* rows.map(withBigints);
}

function withBigints<T extends { readonly puid: string }>(row: T): Omit<T, 'puid'> & { puid: bigint } {
  return { ...row, puid: BigInt(row.puid) };
}

/** A day of any time zone is within a day of the UTC day, by which the ledger is indexed. */
function isMinedNear(sql: postgres.Sql, { fromDay, beforeDay }: IncomeQuery): postgres.Fragment {
  return sql`true
    ${fromDay === undefined ? sql`` : sql`AND mining_date >= ${fromDay}::text::date - 1`}
    ${beforeDay === undefined ? sql`` : sql`AND mining_date <= ${beforeDay}::text::date`}`;
}

function matchesQuery(sql: postgres.Sql, query: IncomeQuery, day: 'day' | 'month' | null): postgres.Fragment {
  const { account, puid, currency, fromDay, beforeDay } = query;
  return sql`true
    ${account === undefined ? sql`` : sql`AND account_name = ${account}`}
    ${puid === undefined ? sql`` : sql`AND puid = ${String(puid)}::bigint`}
    ${currency === undefined ? sql`` : sql`AND currency = ${currency}`}
    ${fromDay === undefined || day === null ? sql`` : sql`AND ${sql(day)} >= ${fromDay}::text::date`}
    ${beforeDay === undefined || day === null ? sql`` : sql`AND ${sql(day)} < ${beforeDay}::text::date`}`;
}
